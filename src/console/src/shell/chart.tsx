// Charts as pages use them: a place is kept for them until they can be drawn.
import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy, Suspense } from "react";
import type * as charts from "./charts.tsx";

const LazyBars = lazy(async () => ({ default: (await import("./charts.tsx")).BarChart }));
const LazyAreas = lazy(async () => ({ default: (await import("./charts.tsx")).AreaChart }));

export function Bars(chart: ComponentProps<typeof charts.BarChart>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyBars {...chart} />
    </Suspense>
  );
}

export function Areas(chart: ComponentProps<typeof charts.AreaChart>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyAreas {...chart} />
    </Suspense>
  );
}

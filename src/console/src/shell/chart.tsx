// Charts as pages use them: a place is kept for them until they can be drawn.
import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy, Suspense } from "react";
import type DrawnAreas from "./areas.tsx";
import type DrawnBars from "./bars.tsx";

const LazyBars = lazy(() => import("./bars.tsx"));
const LazyAreas = lazy(() => import("./areas.tsx"));

export function Bars(chart: ComponentProps<typeof DrawnBars>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyBars {...chart} />
    </Suspense>
  );
}

export function Areas(chart: ComponentProps<typeof DrawnAreas>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyAreas {...chart} />
    </Suspense>
  );
}

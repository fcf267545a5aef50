// Charts as pages use them: a place is kept for them until they can be drawn.
import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy, memo, Suspense } from "react";
import type DrawnAreas from "./areas.tsx";
import type DrawnBars from "./bars.tsx";

const LazyBars = lazy(() => import("./bars.tsx"));
const LazyAreas = lazy(() => import("./areas.tsx"));

/** Whether two charts say the same: functions among their properties never change. */
const same = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

// A chart whose figures are what they were is not drawn again: that takes longer than all else of a page.
export const Bars = memo(function Bars(chart: ComponentProps<typeof DrawnBars>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyBars {...chart} />
    </Suspense>
  );
}, same);

export const Areas = memo(function Areas(chart: ComponentProps<typeof DrawnAreas>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyAreas {...chart} />
    </Suspense>
  );
}, same);

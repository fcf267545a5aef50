// Charts that load lazily, with a placeholder of the same height.
import { Skeleton } from "@mantine/core";
import { type ComponentProps, lazy, memo, Suspense } from "react";
import type AreaChartType from "./area-chart.tsx";
import type BarChartType from "./bar-chart.tsx";

const LazyBarChart = lazy(() => import("./bar-chart.tsx"));
const LazyAreaChart = lazy(() => import("./area-chart.tsx"));

/** Whether two charts have equal props; functions in props never change. */
const isEqual = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

// Redrawing is the slowest part of a page, so charts with equal props are not redrawn.
export const BarChart = memo(function BarChart(chart: ComponentProps<typeof BarChartType>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyBarChart {...chart} />
    </Suspense>
  );
}, isEqual);

export const AreaChart = memo(function AreaChart(chart: ComponentProps<typeof AreaChartType>) {
  return (
    <Suspense fallback={<Skeleton h={chart.h} />}>
      <LazyAreaChart {...chart} />
    </Suspense>
  );
}, isEqual);

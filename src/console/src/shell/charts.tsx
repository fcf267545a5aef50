// Charts are drawn by a large library: it is fetched after the page has its figures.
import { AreaChart as Areas, BarChart as Bars, type AreaChartProps, type BarChartProps } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { decimal } from "./figures.tsx";

const shown = { withTooltip: true, tickLine: "none", gridAxis: "x", valueFormatter: (value: number) => decimal(value) } as const;

/** A chart is a picture to a screen reader: its sentence stands for it. */
function Picture({ label, children }: { label: string; children: ReactNode }) {
  return (
    <figure className="picture">
      <div aria-hidden="true">{children}</div>
      <VisuallyHidden component="figcaption">{label}</VisuallyHidden>
    </figure>
  );
}

export function BarChart({ label, ...chart }: BarChartProps & { label: string }) {
  return (
    <Picture label={label}>
      <Bars {...shown} barChartProps={{ accessibilityLayer: false }} {...chart} />
    </Picture>
  );
}

export function AreaChart({ label, ...chart }: AreaChartProps & { label: string }) {
  return (
    <Picture label={label}>
      <Areas {...shown} areaChartProps={{ accessibilityLayer: false }} curveType="linear" {...chart} />
    </Picture>
  );
}

// A chart for screen readers: an image with a text alternative.
import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { decimal } from "./format.ts";

export const CHART_DEFAULTS = {
  withTooltip: true,
  tickLine: "none",
  gridAxis: "x",
  valueFormatter: (value: number) => decimal(value),
} as const;

export function ChartFigure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <figure className="picture">
      <div aria-hidden="true">{children}</div>
      <VisuallyHidden component="figcaption">{label}</VisuallyHidden>
    </figure>
  );
}

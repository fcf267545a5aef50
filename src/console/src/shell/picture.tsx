// A chart is a picture to a screen reader: its sentence stands for it.
import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { decimal } from "./format.ts";

export const SHOWN = {
  withTooltip: true,
  tickLine: "none",
  gridAxis: "x",
  valueFormatter: (value: number) => decimal(value),
} as const;

export function Picture({ label, children }: { label: string; children: ReactNode }) {
  return (
    <figure className="picture">
      <div aria-hidden="true">{children}</div>
      <VisuallyHidden component="figcaption">{label}</VisuallyHidden>
    </figure>
  );
}

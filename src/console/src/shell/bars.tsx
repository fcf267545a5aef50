// Bars, drawn by a large library: it is fetched after the page has its figures.
import { BarChart, type BarChartProps } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { Picture, SHOWN } from "./picture.tsx";

export default function Bars({ label, ...chart }: BarChartProps & { label: string }) {
  return (
    <Picture label={label}>
      <BarChart
        {...SHOWN}
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false }}
        {...chart}
        yAxisProps={{ interval: 0, ...chart.yAxisProps }}
      />
    </Picture>
  );
}

// A bar chart, loaded after the data of the page, as its library is large.
import { BarChart as MantineBarChart, type BarChartProps } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { CHART_DEFAULTS, ChartFigure } from "./chart-figure.tsx";

export default function BarChart({ label, ...chart }: BarChartProps & { label: string }) {
  return (
    <ChartFigure label={label}>
      <MantineBarChart
        {...CHART_DEFAULTS}
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false }}
        {...chart}
        yAxisProps={{ interval: 0, ...chart.yAxisProps }}
      />
    </ChartFigure>
  );
}

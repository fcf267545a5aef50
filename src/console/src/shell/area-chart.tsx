// An area chart, loaded after the data of the page, as its library is large.
import { AreaChart as MantineAreaChart, type AreaChartProps } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { CHART_DEFAULTS, ChartFigure } from "./chart-figure.tsx";

export default function AreaChart({ label, ...chart }: AreaChartProps & { label: string }) {
  return (
    <ChartFigure label={label}>
      <MantineAreaChart
        {...CHART_DEFAULTS}
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
        curveType="linear"
        {...chart}
        yAxisProps={{ interval: 0, ...chart.yAxisProps }}
      />
    </ChartFigure>
  );
}

// Areas, drawn by a large library: it is fetched after the page has its figures.
import { AreaChart, type AreaChartProps } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { Picture, SHOWN } from "./picture.tsx";

export default function Areas({ label, ...chart }: AreaChartProps & { label: string }) {
  return (
    <Picture label={label}>
      <AreaChart
        {...SHOWN}
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
        curveType="linear"
        {...chart}
        yAxisProps={{ interval: 0, ...chart.yAxisProps }}
      />
    </Picture>
  );
}

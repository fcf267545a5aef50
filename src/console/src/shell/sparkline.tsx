// A trend line in the size of a word.
import { Text } from "@mantine/core";

interface SparklineProps {
  values: (number | null)[];
  label: string;
  floor?: number;
  color?: string;
}

const [WIDTH, HEIGHT, EDGE] = [96, 26, 3];

export function Sparkline({ values, label, floor, color = "var(--mantine-primary-color-filled)" }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2)
    return (
      <Text fz="xs" c="dimmed">
        Not enough data
      </Text>
    );
  const low = Math.min(...known, floor ?? Infinity);
  const span = Math.max(...known) - low || 1;
  const points = values.flatMap((value, index) =>
    value === null
      ? []
      : [[EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE), HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE)]],
  );
  const [x, y] = points.at(-1) as [number, number];
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <polyline points={points.join(" ")} fill="none" stroke={color} strokeWidth={1.6} strokeLinejoin="round" />
      <circle cx={x} cy={y} r={2.4} fill={color} />
    </svg>
  );
}

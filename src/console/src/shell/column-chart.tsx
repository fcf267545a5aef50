// A column chart without the chart library, to keep the first page small.
import { Group, Text } from "@mantine/core";
import { decimal } from "./format.ts";

interface ColumnChartProps {
  label: string;
  names: string[];
  columns: { name: string; values: number[] }[];
}

const [WIDTH, HEIGHT, LEFT, FOOT] = [480, 220, 58, 22];
const COLORS = ["var(--mantine-color-teal-6)", "var(--mantine-color-indigo-4)"];
const STEPS = [0, 0.25, 0.5, 0.75, 1];

/** The next round number: 131,048 becomes 140,000. */
function niceMaximum(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value || 1)) - 1);
  return Math.ceil((value || 1) / (4 * unit)) * 4 * unit;
}

export function ColumnChart({ label, names, columns }: ColumnChartProps) {
  const top = niceMaximum(Math.max(...columns.flatMap(({ values }) => values)));
  const slot = (WIDTH - LEFT) / Math.max(1, columns.length);
  const width = Math.min(30, (slot * 0.7) / names.length);
  const y = (value: number) => 8 + (HEIGHT - FOOT - 8) * (1 - value / top);
  return (
    <>
      <Group gap="md" justify="flex-end">
        {names.map((name, index) => (
          <Text key={name} fz="xs" component="span">
            <svg width="10" height="10" aria-hidden="true">
              <circle cx="5" cy="5" r="5" fill={COLORS[index]} />
            </svg>{" "}
            {name}
          </Text>
        ))}
      </Group>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} className="columns">
        {STEPS.map((step) => (
          <g key={step}>
            <line x1={LEFT} x2={WIDTH} y1={y(top * step)} y2={y(top * step)} />
            <text x={LEFT - 8} y={y(top * step) + 4} textAnchor="end">
              {decimal(top * step, 0)}
            </text>
          </g>
        ))}
        {columns.map(({ name, values }, place) => (
          <g key={name} transform={`translate(${LEFT + slot * (place + 0.5)} 0)`}>
            {values.map((value, index) => (
              <rect
                key={names[index]}
                x={(index - values.length / 2) * (width + 2)}
                y={y(value)}
                width={width}
                height={y(0) - y(value)}
                fill={COLORS[index]}
              >
                <title>{`${name}, ${names[index]}: ${decimal(value)}`}</title>
              </rect>
            ))}
            <text y={HEIGHT - 5} textAnchor="middle">
              {name}
            </text>
          </g>
        ))}
      </svg>
    </>
  );
}

// Theme: colours and sizes for light and dark mode, with WCAG AA contrast.
import { Badge, createTheme, type MantineColorsTuple } from "@mantine/core";

const teal: MantineColorsTuple = [
  "#ecfdf8", "#d1f7ec", "#a5eedb", "#6fdfc5", "#38c9aa", "#16ac8f", "#0d8c76", "#0f766e", "#115e59", "#134e4a",
];

export const THEME = createTheme({
  colors: { teal },
  primaryColor: "teal",
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  headings: { sizes: { h1: { fontSize: "1.5rem" }, h2: { fontSize: "1rem" }, h3: { fontSize: "0.9rem" } } },
  components: { Badge: Badge.extend({ defaultProps: { fw: 600 } }) },
});

// Icons, drawn in the current text colour.
const PATHS = {
  overview: "M4 13h7V4H4zM13 20h7v-9h-7zM4 20h7v-5H4zM13 4v5h7V4z",
  outcomes: "M4 6h4v12H4zM10 6h4v8h-4zM16 6h4v5h-4z",
  capacity: "M4 20V9m5 11V4m5 16v-8m5 8V7",
  reports: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  events: "M3 12h4l3-7 4 14 3-7h4",
  docs: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  playground: "M8 6 3 12l5 6M16 6l5 6-5 6M13 4l-2 16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5m11 11L19 19M19 5l-1.5 1.5m-11 11L5 19",
  moon: "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5",
  download: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  print: "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
  check: "m5 13 4 4L19 7",
  cross: "M6 6l12 12M18 6 6 18",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  query: "M8 7 4 12l4 5M16 7l4 5-4 5",
};

export type IconName = keyof typeof PATHS;

export function Icon({ of, size = 18 }: { of: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[of]} />
    </svg>
  );
}

import type { ReactNode } from "react";

// Line icons of one weight; the word beside or around them says what they are.

const PATHS = {
  attach: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 21h4",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  bot: "M6 9h12v9H6zM12 9V5M10 5h4M9.500 13h.01M14.500 13h.01M3.500 12v3M20.500 12v3",
  channels: "M5 12a7 7 0 0 1 14 0M8 12a4 4 0 0 1 8 0M12 12h.01M12 15v5",
  chart: "M5 20V11M12 20V4M19 20v-6",
  check: "M5 12.500l4.500 4.500L19 7",
  close: "M6 6l12 12M18 6L6 18",
  contact: "M12 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5 20c.6-3.600 3.400-5.500 7-5.500s6.400 1.900 7 5.500",
  contacts: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.5-3.600 3.100-5.500 6.500-5.500s6 1.900 6.500 5.500M16 4.300a3.500 3.500 0 0 1 0 6.400M18 14.800c2 .8 3.200 2.600 3.500 5.200",
  document: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  down: "M6 9l6 6 6-6",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  filter: "M4 6h16M7 12h10M10 18h4",
  inbox: "M4 5h16v14H4zM4 13h4.500l1.500 2.500h4l1.500-2.500H20",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10",
  list: "M9 7h11M9 12h11M9 17h11M4.500 7h.01M4.500 12h.01M4.500 17h.01",
  mic: "M12 3a2.500 2.500 0 0 0-2.500 2.500v6a2.500 2.500 0 0 0 5 0v-6A2.500 2.500 0 0 0 12 3zM6 11a6 6 0 0 0 12 0M12 17v4",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  open: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
  photo: "M4 6h16v12H4zM4 15l4.500-4 4 4 2.500-2 5 4M15.500 9.500h.01",
  place: "M12 21c-4-4.500-6-7.500-6-11a6 6 0 0 1 12 0c0 3.500-2 6.500-6 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  reply: "M10 6L4 12l6 6M4 12h9c4 0 7 2 7 7",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500",
  settings: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M5.600 18.400l1.800-1.800M16.600 7.400l1.800-1.800",
  simulator: "M8 3h8v18H8zM11 18h2",
  sticker: "M5 4h14v10l-6 6H5zM19 14h-6v6M9 9h.01M14 9h.01M9 13c1.200 1 3 1.200 4.500.5",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" || name === "list" ? 2.2 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

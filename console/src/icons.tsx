import type { ReactNode } from "react";

// Line icons of one weight; the word beside or around them says what they are.

const PATHS = {
  attach: "M12 5v14M5 12h14",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  close: "M6 6l12 12M18 6L6 18",
  contact: "M12 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5 20c.6-3.600 3.400-5.500 7-5.500s6.400 1.900 7 5.500",
  document: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  list: "M9 7h11M9 12h11M9 17h11M4.500 7h.01M4.500 12h.01M4.500 17h.01",
  mic: "M12 3a2.500 2.500 0 0 0-2.500 2.500v6a2.500 2.500 0 0 0 5 0v-6A2.500 2.500 0 0 0 12 3zM6 11a6 6 0 0 0 12 0M12 17v4",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  open: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
  photo: "M4 6h16v12H4zM4 15l4.500-4 4 4 2.500-2 5 4M15.500 9.500h.01",
  place: "M12 21c-4-4.500-6-7.500-6-11a6 6 0 0 1 12 0c0 3.500-2 6.500-6 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  reply: "M10 6L4 12l6 6M4 12h9c4 0 7 2 7 7",
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

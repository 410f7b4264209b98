import { createTheme } from "@mantine/core";
import type { CSSVariablesResolver, MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#e6f6f2",
  "#d0eae3",
  "#a3d5c8",
  "#71bfab",
  "#4aad93",
  "#30a184",
  "#1f9a7c",
  "#0c7a6b",
  "#056a5d",
  "#00574c",
];

/** The library's dark greys in the tone of theme.css. */
const dark: MantineColorsTuple = [
  "#e6ece9",
  "#c3ccc8",
  "#9aa8a3",
  "#7d8b86",
  "#46534e",
  "#33403b",
  "#222c28",
  "#18201d",
  "#101614",
  "#0b100e",
];

export const theme = createTheme({
  colors: { pine, dark },
  primaryColor: "pine",
  primaryShade: 7,
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
});

/** Soft words are as dark as they have to be to be read (WCAG AA). */
export const variables: CSSVariablesResolver = () => {
  const soft = {
    "--mantine-color-dimmed": "var(--ink-soft)",
    "--mantine-color-placeholder": "var(--ink-soft)",
    "--mantine-color-error": "var(--wrong)",
  };
  return { variables: {}, light: soft, dark: soft };
};

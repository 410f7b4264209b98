// How numbers, sizes and instants are written on these pages.
import { region } from "../time";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `5 minutes ago`. */
export function ago(at: number, language: string, now = Date.now() / 1000): string {
  const words = new Intl.RelativeTimeFormat(region(language), { numeric: "auto" });
  const seconds = Math.max(0, now - at);
  for (const [unit, length] of STEPS) {
    if (seconds >= length) return words.format(-Math.round(seconds / length), unit);
  }
  return words.format(0, "minute");
}

/** `20 Nov 2026, 17:20`. */
export function moment(at: number, language: string): string {
  return new Intl.DateTimeFormat(region(language), { dateStyle: "medium", timeStyle: "short" }).format(at * 1000);
}

export function dollars(amount: number, language: string): string {
  const digits = amount < 1 ? 4 : 2;
  const style = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(region(language), style).format(amount);
}

export function count(number: number, language: string): string {
  return new Intl.NumberFormat(region(language)).format(number);
}

const KB = 1024;

/** Bytes as people say them. */
export function size(bytes: number, language: string): string {
  const number = (value: number) => new Intl.NumberFormat(region(language), { maximumFractionDigits: 1 }).format(value);
  if (bytes >= KB * KB) return `${number(bytes / KB / KB)} MB`;
  if (bytes >= KB) return `${number(bytes / KB)} kB`;
  return `${number(bytes)} B`;
}

/** A setting's value as a configuration has it. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value === "" ? "–" : value;
  if (Array.isArray(value)) return value.map(named).join(", ") || "–";
  return JSON.stringify(value);
}

/** A model of a chain by its name, if that is all that is said of it. */
function named(value: unknown): string {
  if (typeof value !== "object" || value === null || !("model" in value)) return written(value);
  const { model, tools, ...own } = value as Record<string, unknown>;
  return tools !== false && Object.keys(own).length === 0 ? String(model) : JSON.stringify(value);
}

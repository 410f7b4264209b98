// Instants and spans as a list shows them, in the language of the pages.
import { useEffect, useState } from "react";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const TICK_MS = 30_000;

/** Unix seconds, anew twice a minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now() / 1000), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

/** `14:05` today, `Tue` this week, else the date. */
export function shortTime(at: number, now: number, language: string): string {
  const [then, today] = [new Date(at * 1000), new Date(now * 1000)];
  if (then.toDateString() === today.toDateString()) return formatted(language, { hour: "2-digit", minute: "2-digit" }, then);
  if (now - at < 6 * DAY) return formatted(language, { weekday: "short" }, then);
  const sameYear = then.getFullYear() === today.getFullYear();
  return formatted(language, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) }, then);
}

export function exactly(at: number, language: string): string {
  return formatted(language, { dateStyle: "medium", timeStyle: "short" }, new Date(at * 1000));
}

/** `3 min`, `2 h`, `5 d`: one unit is enough to see who waits longest. */
export function span(seconds: number, language: string): string {
  const [value, unit] =
    seconds < HOUR ? [seconds / MINUTE, "minute"] : seconds < 2 * DAY ? [seconds / HOUR, "hour"] : [seconds / DAY, "day"];
  const whole = Math.max(1, Math.floor(value as number));
  return new Intl.NumberFormat(language, { style: "unit", unit: unit as string, unitDisplay: "short" }).format(whole);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(language: string, options: Intl.DateTimeFormatOptions, at: Date): string {
  const key = `${language} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, options);
    formats.set(key, format);
  }
  return format.format(at);
}

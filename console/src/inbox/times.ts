// Instants and spans as a list shows them, in the language of the pages.
import { useEffect, useState } from "react";

import { formatted, region } from "../time";

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
  if (then.toDateString() === today.toDateString()) return formatted(at, { hour: "2-digit", minute: "2-digit" }, language);
  if (now - at < 6 * DAY) return formatted(at, { weekday: "short" }, language);
  const sameYear = then.getFullYear() === today.getFullYear();
  return formatted(at, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) }, language);
}

export function exactly(at: number, language: string): string {
  return formatted(at, { dateStyle: "medium", timeStyle: "short" }, language);
}

/** `3 min`, `2 h`, `5 d`: one unit is enough to see who waits longest. */
export function span(seconds: number, language: string): string {
  const [value, unit] =
    seconds < HOUR ? [seconds / MINUTE, "minute"] : seconds < 2 * DAY ? [seconds / HOUR, "hour"] : [seconds / DAY, "day"];
  const whole = Math.max(1, Math.floor(value as number));
  return new Intl.NumberFormat(region(language), { style: "unit", unit: unit as string, unitDisplay: "short" }).format(whole);
}

// Bars on one axis of time. Plain values in, plain values out.
import type { Bar } from "./told";

export interface Placed {
  bar: Bar;
  /** Share of the axis, 0 to 1. */
  from: number;
  to: number;
}

export interface Axis {
  from: number;
  to: number;
  /** Seconds from the start that have a mark. */
  ticks: number[];
}

const LEAST_S = 0.001;
const SOON_S = 5;
const MOST_TICKS = 6;

export function axisOf(bars: Bar[], now: number): Axis {
  const from = Math.min(...bars.map(({ began_at }) => began_at));
  const busy = Math.max(from + LEAST_S, ...bars.filter(isBusy).map((bar) => endOf(bar, now)));
  // Whoever reads a day later stretches nothing: that bar is cut where the axis ends.
  const near = bars.map((bar) => endOf(bar, now)).filter((end) => end - busy <= Math.max(SOON_S, busy - from));
  const to = Math.max(busy, ...near);
  return { from, to, ticks: ticksOf(to - from) };
}

/** Bars that the axis always holds: all but the way to the reader, which may take days. */
function isBusy(bar: Bar): boolean {
  return bar.kind !== "delivery" && bar.kind !== "queued";
}

export function endOf(bar: Bar, now: number): number {
  return bar.ended_at ?? Math.max(bar.began_at, now);
}

export function placed(bar: Bar, axis: Axis, now: number): Placed {
  const span = axis.to - axis.from;
  const share = (at: number) => Math.min(1, Math.max(0, (at - axis.from) / span));
  return { bar, from: share(bar.began_at), to: share(endOf(bar, now)) };
}

function ticksOf(span: number): number[] {
  const raw = span / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw) ?? raw;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, place) => place * step);
}

// Which conversations are listed. The address says it, so that a view can be kept, sent and gone back to.
import type { components } from "../api/schema";

export type Row = components["schemas"]["ConversationRow"];
export type Order = "newest" | "waiting" | "closing";
export type Mode = "bot" | "human" | "paused";

/** What is on or off. */
export const SWITCHES = ["unread", "waiting", "escalated", "closing", "failed"] as const;
export type SwitchName = (typeof SWITCHES)[number];
/** What has one value of several. */
export const CHOICES = ["mode", "channel", "bot", "stage", "tag"] as const;
export type ChoiceName = (typeof CHOICES)[number];

export type Filters = Partial<Record<SwitchName, true>> &
  Partial<Record<Exclude<ChoiceName, "mode">, string>> & { mode?: Mode; order: Order };

/** Seconds: a window that closes sooner is called closing. */
export const CLOSING_S = 4 * 3600;
const MODES: readonly string[] = ["bot", "human", "paused"];

export function readFilters(search: URLSearchParams): Filters {
  const wanted = search.get("order");
  const filters: Filters = { order: wanted === "waiting" || wanted === "closing" ? wanted : "newest" };
  for (const name of SWITCHES) if (search.get(name) === "yes") filters[name] = true;
  for (const name of CHOICES) {
    const value = search.get(name);
    if (!value) continue;
    if (name !== "mode") filters[name] = value;
    else if (MODES.includes(value)) filters.mode = value as Mode;
  }
  return filters;
}

/** The address with one filter put otherwise; `null` takes it away. Whatever else it says stays. */
export function withFilter(search: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const changed = new URLSearchParams(search);
  if (value === null) changed.delete(name);
  else changed.set(name, value);
  return changed;
}

export function withoutFilters(search: URLSearchParams): URLSearchParams {
  const changed = new URLSearchParams(search);
  for (const name of [...SWITCHES, ...CHOICES, "order", "q"]) changed.delete(name);
  return changed;
}

export function isNarrowed(filters: Filters): boolean {
  return Object.keys(filters).length > 1 || filters.order !== "newest";
}

/** As the API is asked. */
export function asQuery({ closing, ...filters }: Filters) {
  return { ...filters, ...(closing && { closes_within: CLOSING_S }) };
}

/** Whether the server would list it too, so that news can be sorted in without asking. */
export function matches(row: Row, filters: Filters, now: number): boolean {
  const left = (row.window_closes_at ?? 0) - now;
  const fits: Record<keyof Filters, () => boolean> = {
    unread: () => row.unread > 0,
    waiting: () => row.waiting_since !== null,
    escalated: () => row.escalated_at !== null,
    failed: () => row.failed_at !== null,
    closing: () => left > 0 && left < CLOSING_S,
    mode: () => row.mode === filters.mode,
    channel: () => row.channel_id === filters.channel,
    bot: () => row.bot_id === filters.bot,
    stage: () => row.stage === filters.stage,
    tag: () => row.tags.includes(filters.tag ?? ""),
    order: () => placeOf(row, filters.order) !== null,
  };
  return (Object.keys(filters) as (keyof Filters)[]).every((name) => fits[name]());
}

/** Below zero: `a` stands before `b`. */
export function compare(a: Row, b: Row, order: Order): number {
  const sign = order === "newest" ? -1 : 1;
  const [first, second] = [placeOf(a, order) ?? Infinity, placeOf(b, order) ?? Infinity];
  if (first !== second) return sign * (first < second ? -1 : 1);
  return a.id === b.id ? 0 : sign * (a.id < b.id ? -1 : 1);
}

function placeOf(row: Row, order: Order): number | null {
  return { newest: row.last_at, waiting: row.waiting_since, closing: row.window_closes_at }[order];
}

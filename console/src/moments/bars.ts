import type { Moment } from "../phone/api";
import { duration } from "../time";

// A turn's moments as bars on one axis of time. Plain values in, plain values out.

export type Shade = "listening" | "working" | "line" | "sending" | "reaching" | "reading" | "wrong";

export interface Bar {
  from: number;
  to: number;
  shade: Shade;
  /** What goes on, in words. */
  label: string;
}

export interface Lane {
  key: string;
  kind: "messages" | "bot" | "step" | "part";
  name: string;
  bars: Bar[];
  /** Instants worth a mark of their own: messages that came, the commit, an end in failure. */
  marks: { at: number; label: string; shade: Shade }[];
  /** Beside the times: tries, attempts, reasons. */
  notes: string[];
  /** It goes on: its last bar reaches to now. */
  open: boolean;
}

export interface Chart {
  from: number;
  to: number;
  lanes: Lane[];
  /** Seconds from the start, for the axis. */
  ticks: number[];
}

/** Within this of the mark, the call was made. */
const UNANSWERED_S = 1;

const ENDS = new Set(["committed", "failed", "cancelled"]);
const BROKEN = new Set(["failed", "expired", "cancelled", "unknown"]);
const OPEN_PART = new Set(["sending", "not_sent", "unknown"]);

/** `now` in unix seconds: as far as what has not ended is drawn. `failed`: tries that the provider saw fail. */
export function chartOf(moments: Moment[], now: number, failed: number[]): Chart {
  const lanes = [...messages(moments, now), ...work(moments, now), ...parts(moments, now, failed)];
  const instants = lanes.flatMap(({ bars, marks }) => [...bars.flatMap(({ from, to }) => [from, to]), ...marks.map(({ at }) => at)]);
  const from = Math.min(...instants, moments[0]?.at ?? now);
  const to = Math.max(...instants, from + 0.001);
  return { from, to, lanes, ticks: ticksOf(to - from) };
}

/** The lane in words, for those who cannot see it or want it exact. */
export function wordsOf(lane: Lane, from: number): string {
  const told = lane.bars
    .filter(({ from: start, to }) => to > start)
    .map((bar) => `${bar.label} ${duration(bar.to - bar.from)}`);
  const first = lane.bars[0]?.from ?? lane.marks[0]?.at ?? from;
  const began = `from ${duration(first - from)}`;
  return [`${lane.name}: ${[began, ...told].join(", ")}`, ...lane.notes, ...(lane.open ? ["goes on"] : [])].join("; ");
}

function messages(moments: Moment[], now: number): Lane[] {
  const received = moments.filter(({ kind }) => kind === "received");
  const first = received[0];
  if (first === undefined) return [];
  const claimed = moments.find(({ kind }) => kind === "claimed");
  const settled = moments.find(({ kind, turn }) => turn === null && kind !== "received" && kind !== "waiting");
  const open = claimed === undefined && settled === undefined;
  const to = claimed?.at ?? settled?.at ?? now;
  return [
    {
      key: "messages",
      kind: "messages",
      name: received.length === 1 ? "1 message" : `${received.length} messages`,
      bars: [{ from: first.at, to: Math.max(to, first.at), shade: "listening", label: "waits for more" }],
      marks: received.map(({ at, text }) => ({ at, label: text, shade: "listening" })),
      notes: [],
      open,
    },
  ];
}

function work(moments: Moment[], now: number): Lane[] {
  const claimed = moments.find(({ kind }) => kind === "claimed");
  if (claimed === undefined) return [];
  const end = moments.find(({ kind, seq }) => ENDS.has(kind) && seq === null);
  const to = end?.at ?? now;
  const bot: Lane = {
    key: "bot",
    kind: "bot",
    name: "Bot",
    bars: [{ from: claimed.at, to: Math.max(to, claimed.at), shade: "working", label: "at work" }],
    marks: end === undefined ? [] : [{ at: end.at, label: end.kind, shade: end.kind === "committed" ? "sending" : "wrong" }],
    notes: [claimed.detail, end?.kind].filter((note) => note !== undefined),
    open: end === undefined,
  };
  const steps = moments.filter(({ kind }) => kind === "step");
  return [bot, ...steps.map((step, index) => stepLane(step, index, end?.at, now))];
}

function stepLane(step: Moment, index: number, ended: number | undefined, now: number): Lane {
  const from = step.began_at ?? step.at;
  const unfinished = step.began_at !== undefined && step.at <= step.began_at && step.detail?.startsWith("begun") === true;
  const attempt = step.detail?.match(/attempt \d+/)?.[0];
  const cutOff = unfinished && ended !== undefined;
  return {
    key: `step ${index}`,
    kind: "step",
    name: step.text,
    bars: [{ from, to: unfinished ? (ended ?? now) : step.at, shade: cutOff ? "wrong" : "working", label: "took" }],
    marks: [],
    notes: [attempt, cutOff ? "no result" : undefined].filter((note) => note !== undefined),
    open: unfinished && ended === undefined,
  };
}

function parts(moments: Moment[], now: number, failed: number[]): Lane[] {
  const committed = moments.find(({ kind }) => kind === "committed")?.at;
  const bySeq = new Map<number, Moment[]>();
  for (const moment of moments) {
    if (moment.seq === null || !isPart(moment)) continue;
    bySeq.set(moment.seq, [...(bySeq.get(moment.seq) ?? []), moment]);
  }
  const rows = [...bySeq.values()];
  const lanes = rows.map((row, index) => partLane(row, rows.length === 1 ? "Answer" : `Part ${index + 1}`, committed, now));
  // One part is tried at a time: what failed after one was taken belongs to the next.
  let after = committed ?? moments[0]?.at ?? now;
  return lanes.map((lane) => {
    const taken = takenAt(lane) ?? now;
    const tries = failed.filter((at) => at > after && at < taken);
    after = taken;
    if (tries.length === 0) return lane;
    const marks = tries.map((at) => ({ at, label: "a try that failed", shade: "wrong" as const }));
    const note = tries.length === 1 ? "1 try failed" : `${tries.length} tries failed`;
    return { ...lane, marks: [...marks, ...lane.marks], notes: [note, ...lane.notes] };
  });
}

/** When the provider had it. Of a send that only its status told, the try itself counts as one that failed. */
function takenAt({ bars }: Lane): number | undefined {
  const sending = bars.find(({ shade }) => shade === "sending");
  const reaching = bars.find(({ shade }) => shade === "reaching")?.from;
  if (sending === undefined || reaching === undefined) return reaching ?? bars.at(-1)?.to;
  return sending.to > sending.from ? reaching : sending.from + UNANSWERED_S;
}

/** Not an event's own end, such as `dropped`: that carries the event's number and no beginning. */
function isPart({ kind, began_at }: Moment): boolean {
  return ["accepted", "sent", "delivered", "read", "sending", "not_sent"].includes(kind) || began_at !== undefined;
}

function partLane(row: Moment[], name: string, committed: number | undefined, now: number): Lane {
  const at = (kind: string) => row.find((moment) => moment.kind === kind)?.at;
  const tried = row.find(({ began_at }) => began_at !== undefined);
  const broken = row.find(({ kind }) => BROKEN.has(kind));
  const trying = row.find(({ kind, at: when, began_at }) => OPEN_PART.has(kind) && when === began_at);
  const began = tried?.began_at ?? at("accepted") ?? at("sent") ?? row[0]?.at ?? now;
  const points: [number | undefined, Shade, string][] = [
    [committed === undefined || committed > began ? undefined : committed, "line", "in line"],
    [began, "sending", "sending"],
    [at("accepted") ?? at("sent"), "reaching", "to the phone"],
    [at("delivered"), "reading", "until read"],
    [at("read") ?? (trying === undefined ? undefined : now), "reading", ""],
  ];
  const known = points.filter((point): point is [number, Shade, string] => point[0] !== undefined);
  const bars = known.slice(0, -1).map(([from, shade, label], index) => {
    const to = known[index + 1]?.[0] ?? from;
    return { from, to: Math.max(from, to), shade, label };
  });
  const end = trying === undefined && broken !== undefined ? [{ at: broken.at, label: broken.kind, shade: "wrong" as const }] : [];
  return {
    key: `part ${row[0]?.seq ?? 0}`,
    kind: "part",
    name,
    bars: bars.length > 0 ? bars : [{ from: began, to: broken?.at ?? began, shade: "sending", label: "sending" }],
    marks: end,
    notes: [...new Set(row.flatMap(({ detail }) => detail ?? []))],
    open: trying !== undefined,
  };
}

/** Three to seven round numbers of seconds. */
function ticksOf(seconds: number): number[] {
  const rough = seconds / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

import type { Moment } from "../phone/api";

// Moments as turns. Plain values in, plain values out.

export type Phase = "listening" | "working" | "sending" | "reaching";

export const PHASES: { phase: Phase; label: string; colour: string }[] = [
  { phase: "listening", label: "waiting for you to finish", colour: "var(--listening)" },
  { phase: "working", label: "the bot at work", colour: "var(--working)" },
  { phase: "sending", label: "sending", colour: "var(--sending)" },
  { phase: "reaching", label: "reaching your phone", colour: "var(--reaching)" },
];

/** What goes on after a moment of this kind, until the next one. */
const AFTER: Record<string, Phase> = {
  received: "listening",
  waiting: "listening",
  claimed: "working",
  step: "working",
  committed: "sending",
  accepted: "reaching",
  sent: "reaching",
  delivered: "reaching",
};

export interface TurnOfMoments {
  key: string;
  /** `null`: received, and not in a turn yet. */
  turn: number | null;
  started_at: number;
  seconds: number;
  moments: Moment[];
}

/**
 * Newest turn first; what waits for a turn comes before all. A message that was received before
 * its turn existed has none: it belongs to the next turn that begins.
 */
export function byTurn(moments: Moment[]): TurnOfMoments[] {
  const groups = new Map<number | null, Moment[]>();
  let loose: Moment[] = [];
  for (const moment of inOrder(moments)) {
    const group = groups.get(moment.turn);
    if (moment.turn === null) loose.push(moment);
    else if (group !== undefined) group.push(moment);
    else {
      groups.set(moment.turn, [...loose, moment]);
      loose = [];
    }
  }
  if (loose.length > 0) groups.set(null, loose);
  return [...groups]
    .map(([turn, members]) => asTurn(turn, members))
    .sort((a, b) => Number(b.turn === null) - Number(a.turn === null) || b.started_at - a.started_at);
}

function asTurn(turn: number | null, members: Moment[]): TurnOfMoments {
  const moments = inOrder(members);
  const started_at = moments[0]?.at ?? 0;
  const seconds = (moments.at(-1)?.at ?? started_at) - started_at;
  return { key: String(turn), turn, started_at, seconds, moments };
}

/** Of moments at the same instant, the one that was told first stays first. */
function inOrder(moments: Moment[]): Moment[] {
  return [...moments].sort((a, b) => a.at - b.at);
}

export function phaseAfter(kind: string): Phase | "end" {
  return AFTER[kind] ?? "end";
}

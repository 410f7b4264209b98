// What is shown of entries: reactions, edits and deletions become part of the message that they are about.
import type { Entry } from "./useThread";

export interface Shown {
  entry: Entry;
  /** Who reacted how; the last word of each counts. */
  reactions: Map<string, string>;
  edited: boolean;
  deleted: boolean;
}

const ABOUT = new Set(["reaction", "edited", "deleted"]);

/** The entries, the oldest first; given the newest first. */
export function shown(entries: readonly Entry[]): Shown[] {
  const found: Shown[] = [];
  const known = new Map<string, Shown>();
  for (const entry of entries.toReversed()) {
    const about = entry.message?.about;
    const target = about == null ? undefined : known.get(about);
    if (target !== undefined && ABOUT.has(entry.message?.kind ?? "")) {
      apply(target, entry);
      continue;
    }
    const one = { entry, reactions: new Map<string, string>(), edited: false, deleted: entry.deleted };
    found.push(one);
    if (entry.external_id != null) known.set(entry.external_id, one);
  }
  return found;
}

function apply(target: Shown, { who, message }: Entry): void {
  if (message?.kind === "edited") target.edited = true;
  else if (message?.kind === "deleted") target.deleted = true;
  else if (message?.emoji) target.reactions.set(who, message.emoji);
  else target.reactions.delete(who);
}

/** Whether a day begins with an entry. */
export function beginsDay(entry: Entry, before: Entry | undefined): boolean {
  return before === undefined || new Date(entry.at * 1000).toDateString() !== new Date(before.at * 1000).toDateString();
}

const TOGETHER = 300;

/** Whether a message follows another one of the same hand, soon after it. */
export function follows(entry: Entry, before: Entry | undefined): boolean {
  if (before === undefined || before.message === null || entry.message === null) return false;
  return before.who === entry.who && before.name === entry.name && entry.at - before.at < TOGETHER;
}

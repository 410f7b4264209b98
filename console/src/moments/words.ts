import type { Moment } from "../phone/api";

// What each kind of moment is called on the page.

const WORDS: Record<string, string> = {
  received: "Received",
  waiting: "Waits for more",
  claimed: "Turn starts",
  step: "Step",
  committed: "Committed",
  sending: "Sending",
  not_sent: "Did not leave",
  accepted: "Taken by WhatsApp",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  played: "Played",
  no_reply: "No reply, by choice",
  person: "Left to a person",
  unknown: "Not known whether it left",
};

export function wordFor(kind: string): string {
  const word = WORDS[kind];
  if (word !== undefined) return word;
  const plain = kind.replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** The label beside the word, unless it says the same again. */
export function labelOf({ kind, text }: Moment): string {
  const said = text.trim().toLowerCase();
  const repeats = said === kind || said === wordFor(kind).toLowerCase() || /^turn \d+$/.test(said);
  return repeats ? "" : text;
}

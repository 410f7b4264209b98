import type { Message } from "./api";

const LONGEST = 90;

const NAMES: Partial<Record<Message["kind"], string>> = {
  image: "Photo",
  video: "Video",
  audio: "Audio",
  voice: "Voice note",
  sticker: "Sticker",
  location: "Location",
  location_request: "Asks where you are",
  deleted: "Deleted message",
};

/** A message in a few words: for a quote, and for what is about to be answered. */
export function inOneLine(message: Message): string {
  const name = NAMES[message.kind];
  const words = message.text.replaceAll(/\s+/g, " ").trim();
  if (words !== "") return shortened(name === undefined ? words : `${name}: ${words}`);
  if (message.kind === "document") return shortened(message.file?.filename ?? "Document");
  if (message.kind === "contacts") return shortened(message.cards?.map(({ name }) => name).join(", ") ?? "Contact");
  if (message.kind === "location") return shortened(message.location?.name ?? "Location");
  return name ?? message.template ?? message.kind;
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

// What the server says, and how it is asked. Nothing here knows React.

export type Ticks = "clock" | "sent" | "delivered" | "read" | "failed";
export type Side = "person" | "business";

export interface Filed {
  /** Absent when the business sent an address instead of a file. */
  id?: string;
  link?: string;
  mime?: string;
  /** Bytes. */
  size?: number;
  filename?: string;
}

export interface Choice {
  id: string;
  title: string;
  description?: string;
}

export interface Section {
  title: string;
  rows: Choice[];
}

export interface Place {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export type FileKind = "image" | "video" | "audio" | "voice" | "document" | "sticker";

export interface Message {
  id: string;
  from: Side;
  kind:
    | FileKind
    | "text"
    | "location"
    | "contacts"
    | "buttons"
    | "list"
    | "url_button"
    | "location_request"
    | "template"
    | "choice"
    | "deleted"
    | "other";
  /** The words, or what is written under a file. */
  text: string;
  /** How marks in the words are read; WhatsApp's unless said. */
  markup?: "whatsapp" | "telegram" | "plain";
  /** Unix seconds. */
  at: number;
  ticks: Ticks;
  error?: string;
  /** Id of the message that this one answers. */
  quote?: string;
  reactions?: { from: Side; emoji: string }[];
  edited?: boolean;
  /** Written on the business's own phone. */
  by_owner?: boolean;
  file?: Filed;
  location?: Place;
  cards?: { name: string; lines: string[] }[];
  header?: string;
  header_file?: Filed & { kind: string };
  footer?: string;
  choices?: Choice[];
  button?: string;
  sections?: Section[];
  link?: { display_text: string; url: string };
  template?: string;
  language?: string;
  parameters?: string[];
}

export interface Person {
  id: string;
  phone: string | null;
  name: string | null;
  user_id: string | null;
  username?: string;
  /** Messages that reached this person. */
  received: number;
}

export interface Switch {
  name: string;
  title: string;
  effect: string;
  on: boolean;
}

export interface Seen {
  sends: number;
  refused: number;
  webhooks: number;
  retries: number;
  unanswered: number;
  lines: { at: number; way: "in" | "out"; what: string; answer: string; ok: boolean }[];
}

export interface PhoneState {
  person: Omit<Person, "received">;
  people: Person[];
  business: { name: string; display_phone_number: string };
  messages: Message[];
  typing: boolean;
  /** Unix seconds; `now` is the server's when it said so. */
  window: { closes_at: number; now: number };
  webhook: { url: string; last_status: number | null; pending: number };
  switches: Switch[];
  /** Sends to this person that were refused or not answered, in unix seconds. */
  failed_tries: number[];
  seen: Seen;
}

export interface Moment {
  /** Unix seconds. */
  at: number;
  kind: string;
  turn: number | null;
  seq: number | null;
  text: string;
  detail?: string;
  /** When what ended at `at` began. */
  began_at?: number;
}

/** What a person does on their phone. */
export type Act =
  | { kind: "text"; text: string; quote?: string }
  | { kind: "file"; media: string; as: FileKind; caption?: string; quote?: string }
  | ({ kind: "location"; quote?: string } & Place)
  | { kind: "contact"; name: string; phone: string; quote?: string }
  | { kind: "reaction"; to: string; emoji: string }
  | { kind: "choice"; to: string; id: string; title: string }
  | { kind: "edit"; to: string; text: string }
  | { kind: "delete"; to: string };

/** The server has no such thing: not an error, but a server without a phone. */
export class Absent extends Error {}

/** The server understood and said no; its words say what to do. */
export class Refused extends Error {}

export function eventsOf(person: string | null): string {
  return `/phone/api/events${query(person)}`;
}

export async function phoneState(person: string | null): Promise<PhoneState> {
  return (await readJson(`/phone/api/state${query(person)}`)) as PhoneState;
}

export interface Story {
  moments: Moment[];
  /** Why the channel sends nothing any more, if it does not. */
  stopped?: string | null;
}

/** `null`: this server records no moments. */
export async function story(person: Omit<Person, "received"> | undefined): Promise<Story | null> {
  const whose = new URLSearchParams();
  if (person?.user_id) whose.append("of", `user:${person.user_id}`);
  if (person?.phone) whose.append("of", `phone:${person.phone}`);
  try {
    return (await readJson(`/api/demo/moments?${whose}`)) as Story;
  } catch (error) {
    if (error instanceof Absent) return null;
    throw error;
  }
}

/** Send on a stopped channel again, as an operator does once the token is good. */
export async function resume(): Promise<void> {
  await answered(await fetch("/api/demo/resume", { method: "POST", headers: { "Content-Type": "application/json" } }));
}

export async function act(person: string | null, what: Act): Promise<void> {
  await post(`messages${query(person)}`, what);
}

export async function addPerson(name: string, reach: "phone" | "username"): Promise<Person> {
  return (await post("people", { name, reach })) as Person;
}

export async function closeWindow(person: string): Promise<void> {
  await post(`window${query(person)}`, { open: false });
}

export async function writeAsOwner(person: string, text: string): Promise<void> {
  await post(`owner${query(person)}`, { text });
}

export async function turnSwitch(name: string, on: boolean): Promise<void> {
  await post("switches", { name, on });
}

/** The id by which the file can be sent. */
export async function upload(file: Blob, filename: string, type = file.type): Promise<string> {
  const reply = await fetch("/phone/api/media", {
    method: "POST",
    headers: {
      "Content-Type": type || "application/octet-stream",
      "X-Filename": encodeURIComponent(filename),
    },
    body: file,
  });
  if (reply.status === 413) throw new Refused("The file is over 100 MB, the most that WhatsApp carries.");
  return ((await answered(reply)) as { id: string }).id;
}

export function fileAddress(id: string): string {
  return `/phone/api/media/${encodeURIComponent(id)}`;
}

/** The HTTP status of a page such as /ready; `null` when nobody answers. */
export async function statusOf(path: string): Promise<number | null> {
  try {
    return (await fetch(path)).status;
  } catch {
    return null;
  }
}

function query(person: string | null): string {
  return person === null ? "" : `?person=${encodeURIComponent(person)}`;
}

async function post(path: string, body: object): Promise<unknown> {
  const reply = await fetch(`/phone/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answered(reply);
}

async function answered(reply: Response): Promise<unknown> {
  if (reply.ok) return reply.json();
  const said = (await reply.json().catch(() => ({}))) as { error?: string };
  if (reply.status < 500 && said.error !== undefined) throw new Refused(`${said.error}.`);
  throw new Error(`The phone answered ${reply.status}.`);
}

async function readJson(path: string): Promise<unknown> {
  const reply = await fetch(path, { headers: { Accept: "application/json" } });
  const isJson = reply.headers.get("Content-Type")?.includes("json") ?? false;
  // A server may answer unknown paths with its start page, so only JSON counts.
  if (reply.status === 404 || (reply.ok && !isJson)) throw new Absent(path);
  if (!reply.ok) throw new Error(`The server answered ${reply.status}.`);
  return reply.json();
}

// What the server says, and how it is asked. Nothing here knows React.

export type Ticks = "clock" | "sent" | "delivered" | "read" | "failed";

export interface Message {
  id: string;
  from: "person" | "business";
  text: string;
  /** Unix seconds. */
  at: number;
  ticks: Ticks;
  error?: string;
}

export interface PhoneState {
  person: { phone: string | null; name: string | null; user_id: string | null };
  business: { name: string; display_phone_number: string };
  messages: Message[];
  typing: boolean;
  webhook: { url: string; last_status: number | null; pending: number };
}

export interface Moment {
  /** Unix seconds. */
  at: number;
  kind: string;
  turn: number | null;
  seq: number | null;
  text: string;
  detail?: string;
}

export const EVENTS = "/phone/api/events";

/** The server has no such thing: not an error, but a server without a phone. */
export class Absent extends Error {}

export async function phoneState(): Promise<PhoneState> {
  return (await readJson("/phone/api/state")) as PhoneState;
}

/** `null`: this server records no moments. */
export async function moments(): Promise<Moment[] | null> {
  try {
    const body = (await readJson("/api/demo/moments")) as { moments: Moment[] };
    return body.moments;
  } catch (error) {
    if (error instanceof Absent) return null;
    throw error;
  }
}

export async function writeMessage(text: string): Promise<void> {
  const reply = await fetch("/phone/api/messages", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
  });
  if (!reply.ok) throw new Error(`The phone answered ${reply.status}.`);
}

/** The HTTP status of a page such as /ready; `null` when nobody answers. */
export async function statusOf(path: string): Promise<number | null> {
  try {
    return (await fetch(path)).status;
  } catch {
    return null;
  }
}

async function readJson(path: string): Promise<unknown> {
  const reply = await fetch(path, { headers: { Accept: "application/json" } });
  const isJson = reply.headers.get("Content-Type")?.includes("json") ?? false;
  // A server may answer unknown paths with its start page, so only JSON counts.
  if (reply.status === 404 || (reply.ok && !isJson)) throw new Absent(path);
  if (!reply.ok) throw new Error(`The server answered ${reply.status}.`);
  return reply.json();
}

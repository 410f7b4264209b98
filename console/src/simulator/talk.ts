// A talk with a bot on a simulated channel, in the words of the phone that shows it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";

import { api, Problem, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { workspace } from "../api/workspace";
import { Refused } from "../phone/api";
import type { Act, Message, PhoneState, Ticks } from "../phone/api";
import type { Wire } from "../phone/wire";
import { shown } from "../thread/shown";
import type { Shown } from "../thread/shown";

export type Talk = components["schemas"]["TalkTold"];
type Entry = Talk["entries"][number];
type Words = NonNullable<Entry["message"]>;

type Markup = NonNullable<Message["markup"]>;

const BUSY_MS = 500;
const IDLE_MS = 1500;
/** Somebody who writes has been answered once the turn is over and nothing waits. */
const OPEN = new Set(["waiting", "running"]);
const NAME = "Ada";

export function useTalk(id: string | undefined) {
  return useQuery({
    queryKey: ["simulator", "talk", id],
    enabled: id !== undefined,
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/v1/simulator/talks/{talk_id}", { params: { path: { talk_id: id ?? "" } }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data !== undefined && isBusy(state.data) ? BUSY_MS : IDLE_MS),
  });
}

function isBusy({ typing, entries }: Talk): boolean {
  return typing || entries.some(({ state }) => state !== null && OPEN.has(state ?? ""));
}

/** Whoever looks at the phone has read what is there. */
export function useSeen(talk: Talk | undefined): void {
  const unread = talk?.entries.some(
    ({ delivery, external_id }) =>
      external_id != null && delivery != null && ["accepted", "sent", "delivered"].includes(delivery.state),
  );
  const id = talk?.id;
  useEffect(() => {
    if (unread !== true || id === undefined) return;
    void api.POST("/api/v1/simulator/talks/{talk_id}/seen", { params: { path: { talk_id: id } } }).catch(() => undefined);
  }, [unread, id, talk?.entries.length]);
}

/** What a phone does, said to the API. */
export function useSimulatedWire(talk: Talk | undefined): Wire {
  const queries = useQueryClient();
  const files = useRef(new Map<string, { file: Blob; name: string }>());
  const latest = useRef(talk);
  latest.current = talk;
  const id = talk?.id ?? "";
  return useMemo<Wire>(() => {
    const path = { talk_id: id };
    const again = () => queries.invalidateQueries({ queryKey: ["simulator"] });
    return {
      act: async (_, what) => {
        await refusing(async () => {
          if (what.kind === "file") await sendFile(id, what, files.current.get(what.media));
          else {
            const body = actOf(what, latest.current);
            await api.POST("/api/v1/simulator/talks/{talk_id}/acts", { params: { path }, body });
          }
        });
        await again();
      },
      upload: (file, name) => {
        const key = crypto.randomUUID();
        files.current.set(key, { file, name });
        return Promise.resolve(key);
      },
      fileAddress: (address) => address,
      closeWindow: async () => {
        const { closes_at = null } = latest.current?.window ?? {};
        const seconds = (closes_at ?? 0) - (latest.current?.now ?? 0) + 1;
        await refusing(() => api.POST("/api/v1/simulator/talks/{talk_id}/time", { params: { path }, body: { seconds } }));
        await again();
      },
    };
  }, [id, queries]);
}

/** What the API refuses, trying again would not help. */
async function refusing(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Problem && error.status < 500) throw new Refused(error.detail ?? error.title, { cause: error });
    throw error;
  }
}

type Schemas = components["schemas"];
type Body =
  | Schemas["WritesText"]
  | Schemas["TapsChoice"]
  | Schemas["SendsPlace"]
  | Schemas["SendsCard"]
  | Schemas["Reacts"]
  | Schemas["Edits"]
  | Schemas["Deletes"];

/** Messages of the bot are named by their entries here; people answer and react to them by the channel's ids. */
function actOf(what: Exclude<Act, { kind: "file" }>, talk: Talk | undefined): Body {
  const known = (id: string) => talk?.entries.find((entry) => entry.id === id)?.external_id ?? id;
  const name = NAME;
  switch (what.kind) {
    case "text":
      return { kind: "text", text: what.text, name, ...(what.quote !== undefined && { quote: known(what.quote) }) };
    case "choice":
      return { kind: "choice", entry: what.to, title: what.title, name };
    case "location":
      return { kind: "location", latitude: what.latitude, longitude: what.longitude, label: what.name ?? "", name };
    case "contact":
      return { kind: "contact", card: what.name, phone: what.phone, name };
    case "reaction":
      return { kind: "reaction", to: known(what.to), emoji: what.emoji, name };
    case "edit":
      return { kind: "edit", to: what.to, text: what.text, name };
    case "delete":
      return { kind: "delete", to: what.to, name };
  }
}

async function sendFile(
  talk: string,
  what: Extract<Act, { kind: "file" }>,
  chosen: { file: Blob; name: string } | undefined,
): Promise<void> {
  if (chosen === undefined) return;
  const query = new URLSearchParams({ as: what.as, filename: chosen.name, caption: what.caption ?? "", name: NAME });
  const home = workspace();
  if (home !== null) query.set("workspace", home);
  const reply = await fetch(`/api/v1/simulator/talks/${encodeURIComponent(talk)}/files?${query}`, {
    method: "POST",
    headers: { "Content-Type": chosen.file.type || "application/octet-stream" },
    body: chosen.file,
  });
  if (!reply.ok) throw new Refused("The file was not taken. It may be over 16 MB.");
}

/** The phone's view of a talk. */
export function phoneOf(talk: Talk, markup: Markup): PhoneState {
  const seen = shown(talk.entries.filter(isOnThePhone));
  return {
    person: { id: talk.id, phone: null, name: NAME, user_id: null },
    people: [],
    business: { name: talk.bot, display_phone_number: "" },
    messages: seen.map((each) => messageOf(each, markup)),
    typing: talk.typing,
    window: { closes_at: talk.window.limited ? (talk.window.closes_at ?? 0) : Infinity, now: talk.now },
    webhook: { url: "", last_status: null, pending: 0 },
    switches: [],
    failed_tries: [],
    seen: { sends: 0, refused: 0, webhooks: 0, retries: 0, unanswered: 0, lines: [] },
  };
}

const UNSENT = new Set(["queued", "sending", "cancelled", "expired"]);

function isOnThePhone({ message, delivery, who }: Entry): boolean {
  if (message == null || who === "system") return false;
  return delivery == null || !UNSENT.has(delivery.state);
}

function messageOf({ entry, reactions, edited, deleted }: Shown, markup: Markup): Message {
  const words = entry.message as Words;
  const mine = entry.who === "contact";
  const offered = words.offered ?? undefined;
  return {
    id: mine ? (entry.external_id ?? entry.id) : entry.id,
    from: mine ? "person" : "business",
    kind: deleted ? "deleted" : kindOf(words),
    text: deleted ? "" : (words.chosen ?? words.text),
    markup: mine && markup === "telegram" ? "plain" : markup,
    at: entry.at,
    ticks: ticksOf(entry),
    ...(entry.delivery?.state === "failed" && { error: entry.delivery.reason ?? entry.delivery.code ?? "failed" }),
    edited,
    by_owner: entry.who === "operator" || entry.who === "phone",
    reactions: [...reactions].map(([who, emoji]) => ({ from: who === "contact" ? "person" : "business", emoji })),
    ...(words.file != null && { file: fileOf(words.file) }),
    ...(words.place != null && { location: placeOf(words.place) }),
    ...((words.cards ?? []).length > 0 && { cards: cardsOf(words) }),
    ...(offered !== undefined && offeredOf(offered)),
    ...(words.template != null && { template: words.template, language: "", parameters: [] }),
  };
}

const KINDS: Record<string, Message["kind"]> = {
  button_reply: "choice",
  list_reply: "choice",
  refused: "text",
  edited: "text",
};

function kindOf({ kind }: Words): Message["kind"] {
  return KINDS[kind] ?? (kind as Message["kind"]);
}

function ticksOf({ who, state, delivery }: Entry): Ticks {
  if (who === "contact") return state === "waiting" ? "delivered" : "read";
  if (delivery == null) return "sent";
  if (delivery.read_at !== null) return "read";
  if (delivery.delivered_at !== null) return "delivered";
  return delivery.state === "failed" ? "failed" : "sent";
}

function fileOf(file: NonNullable<Words["file"]>) {
  const home = workspace();
  const query = home === null ? "" : `?workspace=${encodeURIComponent(home)}`;
  return {
    ...(file.path !== null && { id: `${file.path}${query}` }),
    ...(file.link !== null && { link: file.link }),
    ...(file.mime !== null && { mime: file.mime }),
    ...(file.size !== null && { size: file.size }),
    ...(file.filename !== null && { filename: file.filename }),
  };
}

function placeOf({ latitude, longitude, name, address }: NonNullable<Words["place"]>) {
  return { latitude, longitude, ...(name !== null && { name }), ...(address !== null && { address }) };
}

function cardsOf({ cards }: Words) {
  return (cards ?? []).map(({ name, phones, emails }) => ({ name, lines: [...phones, ...emails] }));
}

function offeredOf(offered: NonNullable<Words["offered"]>): Partial<Message> {
  const option = ({ title, description }: { title: string; description?: string | null }) => ({
    id: title,
    title,
    ...(description != null && { description }),
  });
  const around = {
    ...(offered.header !== null && { header: offered.header }),
    ...(offered.footer !== null && { footer: offered.footer }),
  };
  if (offered.url !== null) {
    return { ...around, link: { display_text: offered.buttons[0]?.title ?? offered.url, url: offered.url } };
  }
  if (offered.groups.length > 0) {
    const sections = offered.groups.map(({ title, rows }) => ({ title: title ?? "", rows: rows.map(option) }));
    return { ...around, button: offered.button ?? "", sections };
  }
  return { ...around, choices: offered.buttons.map(option) };
}

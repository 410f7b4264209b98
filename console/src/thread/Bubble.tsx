import { ActionIcon } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Ticks } from "../bubbles/Ticks";
import type { Kind } from "../bubbles/Ticks";
import { Icon } from "../icons";
import { clockTime } from "../time";
import { Content, Offered } from "./Content";
import type { Shown } from "./shown";
import type { Entry } from "./useThread";
import type { Markup } from "./Words";

import styles from "./Bubble.module.css";

interface Props {
  conversation: string;
  shown: Shown;
  /** Whether it follows another one of the same hand. */
  joins: boolean;
  markup: Markup;
  name: string;
  onReply: ((entry: Entry) => void) | undefined;
}

/** One message, and why it was not answered if it was not. */
export const Bubble = memo(function Bubble({ conversation, shown, joins, markup, name, onReply }: Props) {
  const { t } = useTranslation("thread");
  const { entry, edited, deleted } = shown;
  const message = entry.message;
  if (message == null) return null;
  const ours = entry.who !== "contact";
  const bare = message.kind === "sticker" && !deleted;
  const by = entry.who === "contact" ? entry.name || name : entry.name || t(`who.${entry.who}`);
  return (
    <div className={ours ? styles.rowOurs : styles.row} data-joins={joins || undefined} data-entry={entry.id}>
      <div className={styles.side}>
        <div className={styles.bubble} data-who={entry.who} data-bare={bare || undefined} data-testid={`bubble-${entry.who}`}>
          {!joins && (ours || entry.name !== "") && (
            <div className={styles.by} dir="auto">
              {by}
            </div>
          )}
          {entry.quoted != null && <Quote quoted={entry.quoted} name={name} />}
          {deleted ? (
            <em className={styles.soft}>{t("said.deleted")}</em>
          ) : (
            <Content message={message} markup={markup} ours={ours && entry.who !== "phone"} />
          )}
          <div className={styles.foot}>
            {edited && <span>{t("said.edited")}</span>}
            {entry.turn != null && <Turn conversation={conversation} turn={entry.turn} who={entry.who} />}
            <time dateTime={new Date(entry.at * 1000).toISOString()}>{clockTime(entry.at)}</time>
            {entry.delivery != null && <Ticks kind={ticksOf(entry.delivery.state)} />}
          </div>
          {message.offered != null && !deleted && <Offered offered={message.offered} />}
        </div>
        {shown.reactions.size > 0 && (
          <div className={styles.reactions} role="img" aria-label={[...shown.reactions.values()].join(" ")}>
            {[...shown.reactions.values()].join(" ")}
          </div>
        )}
        <Why entry={entry} conversation={conversation} />
      </div>
      {onReply !== undefined && entry.external_id != null && !deleted && (
        <ActionIcon
          className={styles.reply}
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t("composer.reply")}
          onClick={() => onReply(entry)}
        >
          <Icon name="reply" size={16} />
        </ActionIcon>
      )}
    </div>
  );
});

function Quote({ quoted, name }: { quoted: NonNullable<Entry["quoted"]>; name: string }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.quote} aria-label={t("said.quoted", { who: t(`who.${quoted.who}`) })}>
      <b dir="auto">{quoted.who === "contact" ? name : t(`who.${quoted.who}`)}</b>
      <span dir="auto">{quoted.text}</span>
    </div>
  );
}

function Turn({ conversation, turn, who }: { conversation: string; turn: number; who: string }) {
  const { t } = useTranslation("thread");
  const says = t(who === "contact" ? "turn" : "why", { number: turn });
  return (
    <Link href={`/conversations/${conversation}/turns/${turn}`} className={styles.turn} aria-label={says} title={says}>
      <Icon name="bolt" size={11} />
      {turn}
    </Link>
  );
}

const SENT = ["accepted", "sent"];

function ticksOf(state: string): Kind {
  if (SENT.includes(state)) return "sent";
  if (state === "played") return "read";
  if (state === "delivered" || state === "read") return state;
  return state === "queued" || state === "sending" ? "clock" : "failed";
}

const LEFT = ["accepted", "sent", "delivered", "read", "played"];

/** The reason beside whatever was not answered, or did not arrive. */
function Why({ entry, conversation }: { entry: Entry; conversation: string }) {
  const { t } = useTranslation("thread");
  const said = entry.delivery == null ? notAnswered(entry, t) : notSent(entry.delivery, t);
  if (said === null) return null;
  return (
    <div className={styles.why} data-state={entry.state ?? entry.delivery?.state}>
      {entry.turn == null ? said : <Link href={`/conversations/${conversation}/turns/${entry.turn}`}>{said}</Link>}
    </div>
  );
}

type T = ReturnType<typeof useTranslation<"thread">>["t"];
const STATES = ["waiting", "running", "no_reply", "person", "failed", "unreadable", "ignored", "dropped"] as const;
const REASONS = ["stale", "rate_limited", "overlapped", "opted_out", "deleted", "gone"] as const;

function notAnswered({ who, state, reason, message }: Entry, t: T): string | null {
  const known = STATES.find((each) => each === state);
  if (known === undefined || who !== "contact" || message?.kind === "reaction") return null;
  const code = REASONS.find((each) => each === reason);
  const because = code === undefined ? reason : t(`reason.${code}`);
  return [t(`state.${known}`), because].filter(Boolean).join(": ");
}

const DELIVERIES = ["queued", "sending", "failed", "unknown", "expired", "cancelled"] as const;

function notSent({ state, reason, code }: NonNullable<Entry["delivery"]>, t: T): string | null {
  const known = DELIVERIES.find((each) => each === state);
  if (known === undefined || LEFT.includes(state)) return null;
  if ((known === "queued" || known === "sending") && !reason) return null;
  const because = [reason, code === null ? null : `(${code})`].filter(Boolean).join(" ");
  return [t(`delivery.${known}`), because].filter(Boolean).join(": ");
}

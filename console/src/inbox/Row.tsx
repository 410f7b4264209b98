import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Face } from "../shell/Face";
import { shownName } from "../shell/names";
import { CLOSING_S } from "./filters";
import type { Row as Conversation } from "./filters";
import { plain } from "./plain";
import { exactly, shortTime, span } from "./times";
import type { Found, Item } from "./useConversations";

import styles from "./Row.module.css";

interface Props {
  item: Item;
  now: number;
  open: boolean;
  /** Worth saying where there is more than one. */
  namesChannel: boolean;
  href: string;
}

/** One conversation of the list. Always as high as every other, so that nothing jumps. */
export function Row({ item: { row, found }, now, open, namesChannel, href }: Props) {
  const { t, i18n } = useTranslation("inbox");
  const name = shownName(row.name, row.address || t("nameless"));
  const at = found?.at ?? row.last_at;
  return (
    <Link
      href={href}
      className={styles.row}
      aria-current={open ? "true" : undefined}
      data-testid="conversation"
      data-id={row.id}
      data-unread={row.unread > 0 || undefined}
    >
      <Face name={name} size={42} />
      <span className={styles.body}>
        <span className={styles.line}>
          <b className={styles.name} dir="auto" title={row.address}>
            {name}
          </b>
          {at > 0 && (
            <time className={styles.time} dateTime={new Date(at * 1000).toISOString()} title={exactly(at, i18n.language)}>
              {shortTime(at, now, i18n.language)}
            </time>
          )}
        </span>
        <span className={styles.line}>
          <span className={styles.preview} dir="auto">
            {found === undefined ? <Preview row={row} /> : <Excerpt text={found.text} hits={found.hits} />}
          </span>
          {row.unread > 0 && (
            <span className={styles.unread} aria-label={t("unreadCount", { count: row.unread })}>
              {row.unread > 99 ? "99+" : row.unread}
            </span>
          )}
        </span>
        <span className={styles.line} data-last>
          <Marks row={row} now={now} />
          {namesChannel && <span className={styles.where}>{row.channel_id}</span>}
        </span>
      </span>
    </Link>
  );
}

function Preview({ row }: { row: Conversation }) {
  const { t } = useTranslation("inbox");
  const who = row.last_role === "bot" || row.last_role === "person" ? t(`said.${row.last_role}`) : null;
  return (
    <>
      {who !== null && <span className={styles.who}>{who}: </span>}
      {(who === null ? row.preview : plain(row.preview)) || t("nothingSaid")}
    </>
  );
}

/** What was found, with the words that were sought marked. Places are counted in characters, not in halves of them. */
function Excerpt({ text, hits }: { text: string; hits: Found["hits"] }) {
  const letters = Array.from(text);
  const parts = hits.flatMap(({ start, end }, index) => {
    const before = hits[index - 1]?.end ?? 0;
    return [letters.slice(before, start).join(""), <mark key={index}>{letters.slice(start, end).join("")}</mark>];
  });
  return (
    <>
      {parts}
      {letters.slice(hits.at(-1)?.end ?? 0).join("")}
    </>
  );
}

/** What somebody should know before they open it: the urgent first. */
function Marks({ row, now }: { row: Conversation; now: number }) {
  const { t, i18n } = useTranslation("inbox");
  const left = (row.window_closes_at ?? 0) - now;
  return (
    <span className={styles.marks}>
      {row.escalated_at !== null && <Mark tone="urgent" title={row.escalation}>{t("marks.escalated")}</Mark>}
      {row.failed_at !== null && <Mark tone="urgent" title={row.failure}>{t("marks.failed")}</Mark>}
      {row.waiting_since !== null && now - row.waiting_since > 60 && (
        <Mark tone="warm">{t("marks.waiting", { span: span(now - row.waiting_since, i18n.language) })}</Mark>
      )}
      {left > 0 && left < CLOSING_S && <Mark tone="warm">{t("marks.closing", { span: span(left, i18n.language) })}</Mark>}
      {row.mode === "human" && <Mark tone="person">{t("marks.human")}</Mark>}
      {row.mode === "paused" && <Mark>{t("marks.paused")}</Mark>}
      {row.opted_out && <Mark>{t("marks.optedOut")}</Mark>}
      {row.stage !== null && <Mark>{row.stage}</Mark>}
      {row.tags.map((tag) => (
        <Mark key={tag} tone="tag">
          {tag}
        </Mark>
      ))}
    </span>
  );
}

interface MarkProps {
  tone?: "urgent" | "warm" | "person" | "tag" | "plain";
  title?: string | null;
  children: string;
}

function Mark({ tone = "plain", title, children }: MarkProps) {
  return (
    <span className={styles.mark} data-tone={tone} title={title ?? undefined} dir="auto">
      {children}
    </span>
  );
}

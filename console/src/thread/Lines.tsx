import { ActionIcon } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { Icon } from "../icons";
import { exactly } from "../inbox/times";
import { useMay } from "../shell/me";
import { clockTime } from "../time";
import type { Entry } from "./useThread";

import styles from "./Bubble.module.css";

/** Somebody else answers from here on. */
export function HandoverLine({ entry }: { entry: Entry }) {
  const { t, i18n } = useTranslation("thread");
  const line = entry.handover;
  if (line == null) return null;
  const name = entry.name;
  const until = line.until === null ? null : t("handover.until", { at: exactly(line.until, i18n.language) });
  return (
    <div className={styles.line} data-testid="handover">
      <span>{[saidOf(line, name, t), until].filter(Boolean).join(", ")}</span>
      {line.reason !== "" && <span dir="auto">“{line.reason}”</span>}
      <time dateTime={new Date(entry.at * 1000).toISOString()}>{clockTime(entry.at)}</time>
    </div>
  );
}

type T = ReturnType<typeof useTranslation<"thread">>["t"];

function saidOf({ mode, by }: NonNullable<Entry["handover"]>, name: string, t: T): string {
  const who = by === "operator" && name === "" ? "nobody" : by;
  if (mode === "paused") return t(who === "operator" ? "handover.paused.operator" : "handover.paused.nobody", { name });
  if (mode === "bot") return t(`handover.bot.${who}`, { name });
  return t(`handover.human.${who === "timer" ? "nobody" : who}`, { name });
}

/** Something that happened to the conversation, which nobody said. */
export function HappenedLine({ entry }: { entry: Entry }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.line}>
      <span dir="auto">{t("happened", { what: entry.happened ?? "" })}</span>
      <time dateTime={new Date(entry.at * 1000).toISOString()}>{clockTime(entry.at)}</time>
    </div>
  );
}

/** Words to colleagues. */
export function NoteLine({ conversation, entry, onChange }: { conversation: string; entry: Entry; onChange: () => void }) {
  const { t } = useTranslation("thread");
  const admin = useMay("admin");
  const { note } = entry;
  if (note == null) return null;
  async function remove(number: number) {
    const path = { conversation_id: conversation, number };
    await api.DELETE("/api/v1/conversations/{conversation_id}/notes/{number}", { params: { path } });
    onChange();
  }
  return (
    <div className={styles.rowOurs} data-testid="note">
      <aside className={styles.note} aria-label={t("note.label", { name: entry.name })}>
        <div className={styles.by}>
          <span dir="auto">{entry.name}</span> · {t("note.only")}
        </div>
        <div className={styles.text} dir="auto">
          {note.text}
        </div>
        <div className={styles.foot}>
          {(note.mine || admin) && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size="xs"
              aria-label={t("note.remove")}
              onClick={() => void remove(note.number).catch(() => undefined)}
            >
              <Icon name="trash" size={13} />
            </ActionIcon>
          )}
          <time dateTime={new Date(entry.at * 1000).toISOString()}>{clockTime(entry.at)}</time>
        </div>
      </aside>
    </div>
  );
}

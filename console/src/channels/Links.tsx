import { useTranslation } from "react-i18next";

import type { Line } from "./errands";

import styles from "./Channels.module.css";

const MARKS = { ok: "✓", broken: "✕", unknown: "?", warning: "!" } as const;

/** What was found out, link by link; what is broken says what to do. */
export function Links({ lines, running }: { lines: Line[]; running: boolean }) {
  const { t } = useTranslation("channels");
  return (
    <ul className={styles.links} aria-live="polite" aria-busy={running}>
      {lines.map((line, index) => (
        <Found key={`${line.link ?? ""} ${index}`} line={line} />
      ))}
      {running && (
        <li className={styles.asking}>
          <span className={styles.spinner} aria-hidden />
          {t("check.asking")}
        </li>
      )}
    </ul>
  );
}

function Found({ line }: { line: Line }) {
  const { t } = useTranslation("channels");
  if (line.by_hand !== undefined) {
    return (
      <li className={styles.byHand}>
        <p>{t("connect.byHand")}</p>
        {line.by_hand.map((each) => (
          <p key={each} dir="auto">
            {each}
          </p>
        ))}
      </li>
    );
  }
  const state = line.error !== undefined ? "broken" : (line.state ?? "ok");
  return (
    <li className={styles.found} data-state={state}>
      <span className={styles.mark} aria-hidden>
        {MARKS[state]}
      </span>
      <span>
        <b>{line.link ?? t("check.failed")}</b> <span className={styles.word}>{t(`check.states.${state}`)}</span>
        <span className={styles.detail}>{line.error ?? line.detail}</span>
        {state !== "ok" && line.mend !== undefined && line.mend !== "" && <span className={styles.mend}>{line.mend}</span>}
      </span>
    </li>
  );
}

/** Whether everything that was asked works. */
export function allWell(lines: Line[]): boolean {
  return lines.length > 0 && lines.every((each) => each.error === undefined && each.state !== "broken");
}

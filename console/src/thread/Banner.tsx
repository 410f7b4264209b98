import { Button, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { exactly } from "../inbox/times";
import { clockTime } from "../time";
import type { Standing } from "./useStanding";
import type { Head } from "./useThread";

import styles from "./Banner.module.css";

const MINUTE = 60;
const TIMERS = { m15: 15 * MINUTE, h1: 60 * MINUTE, h4: 240 * MINUTE, d1: 1440 * MINUTE } as const;

/** Who answers, for how long, and what one can do about it. Always as high. */
export function Banner({ head, standing, may }: { head: Head; standing: Standing; may: boolean }) {
  const { t, i18n } = useTranslation("thread");
  const until = head.mode_until == null ? null : t("answers.until", { at: shortly(head.mode_until, i18n.language) });
  return (
    <div className={styles.banner} data-mode={head.mode} data-testid="banner" role="status">
      <span className={styles.says}>
        <b dir="auto">{saidOf(head, t)}</b>{" "}
        <span dir="auto">{until ?? (may ? hintOf(head, t) : t("answers.viewer"))}</span>
      </span>
      {may && <Actions head={head} standing={standing} />}
      {standing.problem !== null && (
        <span className={styles.problem} role="alert">
          {standing.problem}
        </span>
      )}
    </div>
  );
}

function shortly(at: number, language: string): string {
  return new Date(at * 1000).toDateString() === new Date().toDateString() ? clockTime(at) : exactly(at, language);
}

type T = ReturnType<typeof useTranslation<"thread">>["t"];

function saidOf({ mode, answering }: Head, t: T): string {
  if (mode === "bot") return t("answers.bot");
  if (mode === "paused") return t("answers.paused");
  if (answering == null) return t("answers.nobody");
  if (answering.me) return t("answers.me");
  return t(answering.away ? "answers.away" : "answers.other", { name: answering.name });
}

function hintOf({ mode, answering, escalation }: Head, t: T): string {
  if (mode === "bot") return t("answers.botHint");
  if (mode !== "human" || answering != null) return "";
  const open = escalation != null && escalation.closed_at === null && escalation.reason !== "";
  return open ? t("answers.reason", { reason: escalation.reason }) : "";
}

function Actions({ head: { mode, answering }, standing }: { head: Head; standing: Standing }) {
  const { t } = useTranslation("thread");
  const mine = mode === "human" && answering?.me === true;
  return (
    <div className={styles.actions}>
      {mode === "human" && !mine && answering != null ? (
        <Button size="compact-sm" onClick={standing.takeFrom}>
          {t("takeFrom", { name: answering.name })}
        </Button>
      ) : (
        !mine && (
          <Button size="compact-sm" onClick={() => standing.takeOver()}>
            {t("takeOver")}
          </Button>
        )
      )}
      {mode !== "bot" && (
        <Button size="compact-sm" variant={mine ? "filled" : "default"} onClick={standing.giveBack}>
          {t(mode === "paused" ? "resume" : "giveBack")}
        </Button>
      )}
      <Timers standing={standing} mine={mine} />
    </div>
  );
}

function Timers({ standing, mine }: { standing: Standing; mine: boolean }) {
  const { t } = useTranslation("thread");
  const set = mine ? standing.takeOver : standing.pause;
  return (
    <Menu position="top-end" withinPortal>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          aria-label={t(mine ? "timer" : "pause")}
          title={t(mine ? "timer" : "pause")}
        >
          <Icon name="more" size={18} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t(mine ? "timer" : "pause")}</Menu.Label>
        {(Object.keys(TIMERS) as (keyof typeof TIMERS)[]).map((each) => (
          <Menu.Item key={each} onClick={() => set(Date.now() / 1000 + TIMERS[each])}>
            {t(`timers.${each}`)}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => set()}>{t("timers.never")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

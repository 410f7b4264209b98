import { Button, Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Problem } from "../api/client";
import { useWorkspace } from "../api/workspace";
import { State } from "../parts/State";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { duration, exactDay } from "../time";
import { Again } from "./Again";
import { Bars } from "./Bars";
import { Exchange } from "./Exchange";
import { Questions } from "./Questions";
import { Raw, Section } from "./Section";
import { Steps } from "./Steps";
import { useTurn } from "./told";
import type { Turn } from "./told";

import styles from "./TracePage.module.css";

/** Why a message got the answer it got: one turn, told whole. */
export default function TracePage({ id, turn: written }: { id: string; turn: string }) {
  const { t } = useTranslation("trace");
  const no = Number(written);
  const { data: turn, error, refetch } = useTurn(id, no);
  const title = t("title", { no: written });
  if (turn === undefined) {
    return (
      <Page title={title} wide>
        {error === null ? <Waiting /> : <Failed error={error} onAgain={() => void refetch()} />}
      </Page>
    );
  }
  return (
    <Page title={title} wide actions={<Actions turn={turn} />}>
      <Whole key={turn.no} turn={turn} />
    </Page>
  );
}

function Waiting() {
  const { t } = useTranslation("trace");
  return (
    <div aria-label={t("loading")} role="status">
      <Skeleton height={56} mb={16} radius={12} />
      <Skeleton height={320} mb={16} radius={12} />
      <Skeleton height={180} radius={12} />
    </div>
  );
}

function Failed({ error, onAgain }: { error: Error; onAgain: () => void }) {
  const { t } = useTranslation(["trace", "shell"]);
  if (error instanceof Problem && (error.status === 404 || error.status === 422)) {
    return <Says title={t("gone.title")}>{t("gone.says")}</Says>;
  }
  return (
    <Says title={t("shell:away.title")} action={<SaysButton onClick={onAgain}>{t("shell:again")}</SaysButton>}>
      {error.message}
    </Says>
  );
}

function Actions({ turn }: { turn: Turn }) {
  const { t } = useTranslation("trace");
  const workspace = useWorkspace();
  const at = (no: number) => `/conversations/${turn.conversation}/turns/${no}`;
  const query = new URLSearchParams({ download: "true", ...(workspace === null ? {} : { workspace }) });
  return (
    <>
      <Button component={Link} href={`/conversations/${turn.conversation}`} size="xs" variant="default">
        {t("conversation")}
      </Button>
      <Step to={turn.no > 1 ? at(turn.no - 1) : null} label={t("earlier")} sign="‹" />
      <Step to={turn.no < turn.newest ? at(turn.no + 1) : null} label={t("later")} sign="›" />
      <Button component="a" href={`/api/v1${at(turn.no)}?${query}`} download size="xs" variant="default">
        {t("export")}
      </Button>
    </>
  );
}

function Step({ to, label, sign }: { to: string | null; label: string; sign: string }) {
  if (to === null) {
    return (
      <Button size="xs" variant="default" aria-label={label} disabled>
        {sign}
      </Button>
    );
  }
  return (
    <Button component={Link} href={to} size="xs" variant="default" aria-label={label} title={label}>
      {sign}
    </Button>
  );
}

function Whole({ turn }: { turn: Turn }) {
  const { t } = useTranslation("trace");
  const now = useNow(turn.committed_at === null || turn.bars.some(({ ended_at }) => ended_at === null));
  return (
    <>
      <Sums turn={turn} />
      {turn.bars.length > 0 && <Bars bars={turn.bars} now={now} attempts={turn.attempt} />}
      <Exchange turn={turn} />
      {turn.trace.length > 0 && (
        <Section title={t("noted")}>
          <Raw value={turn.trace.join("\n")} />
        </Section>
      )}
      {turn.questions.length > 0 && (
        <Section title={t("questions.title")}>
          <Questions questions={turn.questions} />
        </Section>
      )}
      <Again id={turn.conversation} no={turn.no} />
      <Steps turn={turn} />
      {turn.before !== null && (
        <Section title={t("before")}>
          {turn.before.stage !== null && <p className={styles.stage}>{t("stage", { stage: turn.before.stage })}</p>}
          <Raw value={turn.before.state} />
        </Section>
      )}
    </>
  );
}

/** Unix seconds, moving once a second while something goes on. */
function useNow(moves: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!moves) return;
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [moves]);
  return now;
}

function Sums({ turn }: { turn: Turn }) {
  const { t } = useTranslation("trace");
  const { totals } = turn;
  const asked = totals.model_calls > 0;
  return (
    <dl className={styles.sums}>
      <div>
        <dt>{t("sums.state")}</dt>
        <dd>
          <State is={turn.state === "committed" ? "good" : turn.state === "failed" ? "bad" : undefined}>
            {turn.state === "committed" || turn.state === "failed" || turn.state === "running" || turn.state === "cancelled"
              ? t(`states.${turn.state}`)
              : turn.state}
          </State>{" "}
          <span className={styles.soft}>{exactDay(turn.started_at)}</span>
        </dd>
      </div>
      <div>
        <dt>{t("sums.bot")}</dt>
        <dd dir="auto">
          {turn.bot} <span className={styles.soft}>{turn.bot_version}</span>
        </dd>
      </div>
      <div>
        <dt>{t("sums.took")}</dt>
        <dd>{turn.seconds === null ? "–" : duration(turn.seconds)}</dd>
      </div>
      {turn.attempt > 1 && (
        <div>
          <dt>{t("sums.attempts")}</dt>
          <dd>{turn.attempt}</dd>
        </div>
      )}
      {asked && (
        <div>
          <dt>{t("sums.tokens")}</dt>
          <dd>{t("sums.tokensSay", { input: totals.input_tokens, output: totals.output_tokens })}</dd>
        </div>
      )}
      {asked && (
        <div>
          <dt>{t("sums.cost")}</dt>
          <dd>{totals.cost === null ? t("sums.unknown") : `$${totals.cost.toFixed(5)}`}</dd>
        </div>
      )}
    </dl>
  );
}

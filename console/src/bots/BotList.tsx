import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { useBots } from "./api";
import type { BotListed } from "./api";
import { Failure } from "../parts/Failure";
import { State } from "../parts/State";
import { AreaTabs } from "./Tabs";
import { ago, dollars } from "./written";

import styles from "./Bots.module.css";

export function BotList() {
  const { t } = useTranslation("bots");
  const [, go] = useLocation();
  const may = useMay("admin");
  const bots = useBots();
  const add = () => go("/bots/-/new");
  return (
    <Page title={t("title")} actions={may && <Button onClick={add}>{t("add")}</Button>}>
      <AreaTabs />
      {bots.isError && <Failure error={bots.error} again={() => void bots.refetch()} />}
      {bots.isPending && <Skeletons rows={3} height={84} />}
      {bots.data?.items.length === 0 && (
        <Says title={t("none.title")} action={may && <SaysButton onClick={add}>{t("add")}</SaysButton>}>
          {t("none.says")}
        </Says>
      )}
      <ul className={styles.list}>
        {bots.data?.items.map((bot) => (
          <li key={bot.id}>
            <Card bot={bot} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Card({ bot }: { bot: BotListed }) {
  const { t, i18n } = useTranslation("bots");
  return (
    <Link href={`/bots/${bot.id}`} className={styles.card}>
      <span className={styles.top}>
        <bdi className={styles.name}>{bot.id}</bdi>
        <Kind kind={bot.kind} />
        {bot.has_draft && (
          <State>{t("hasDraft")}</State>
        )}
        {bot.source === "file" && <span className={`${styles.soft} ${styles.end}`}>{t("inFile")}</span>}
      </span>
      <span className={styles.facts}>
        <span>{bot.channels.length === 0 ? t("nowhere") : t("on", { channels: bot.channels.join(", ") })}</span>
        {bot.models.length > 0 && <span>{bot.models.join(" → ")}</span>}
        {bot.prompt_version !== null && <span>{version(t, bot.prompt_version)}</span>}
        {bot.flows !== null && <span>{t("flows", { count: bot.flows.drawn, published: bot.flows.published })}</span>}
      </span>
      <span className={styles.facts}>
        <span>{t("today.turns", { count: bot.today.turns })}</span>
        {bot.today.tokens > 0 && <span>{t("today.tokens", { count: bot.today.tokens })}</span>}
        {bot.today.cost > 0 && <span>{dollars(bot.today.cost, i18n.language)}</span>}
        {bot.last_failed_at !== null && <span>{t("lastFailed", { ago: ago(bot.last_failed_at, i18n.language) })}</span>}
      </span>
      {bot.problems.map((each) => (
        <span key={each.where} className={styles.wrong}>
          {t("doesNotCount")} {each.where} {each.problem}. {each.mend}
        </span>
      ))}
    </Link>
  );
}

type T = ReturnType<typeof useTranslation<"bots">>["t"];

export function version(t: T, number: number): string {
  return number === 0 ? t("configuredPrompt") : t("version", { number });
}

const KINDS = ["agent", "flow", "python", "remote"] as const;

export function Kind({ kind }: { kind: string }) {
  const { t } = useTranslation("bots");
  const known = KINDS.find((each) => each === kind);
  return (
    <State is="good">{known === undefined ? kind : t(`kinds.${known}`)}</State>
  );
}

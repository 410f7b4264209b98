import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Problem } from "../api/client";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useBot } from "./api";
import type { Bot } from "./api";
import { BotKnowledge } from "./BotKnowledge";
import { Failure } from "../parts/Failure";
import { Limits } from "./Limits";
import { Models } from "./Models";
import { Overview } from "./Overview";
import { PromptTab } from "./PromptTab";
import { Tabs } from "./Tabs";

import styles from "./Bots.module.css";

const HAS_MODELS = ["agent", "python", "flow", "remote"];
const LOOKS_UP = ["agent", "python", "flow"];

export function BotPage({ id, tab }: { id: string; tab: string }) {
  const { t } = useTranslation(["bots", "shell"]);
  const [, go] = useLocation();
  const bot = useBot(id);
  if (bot.error instanceof Problem && bot.error.status === 404) {
    return (
      <Says title={t("gone.title")} action={<SaysButton onClick={() => go("/bots")}>{t("gone.home")}</SaysButton>}>
        {t("gone.says", { bot: id })}
      </Says>
    );
  }
  const try_ = (
    <Button variant="default" onClick={() => go(`/simulator/bots?bot=${encodeURIComponent(id)}`)}>
      {t("try")}
    </Button>
  );
  return (
    <Page title={id} actions={try_}>
      {bot.isError && <Failure error={bot.error} again={() => void bot.refetch()} />}
      {bot.isPending && <Skeletons rows={3} height={84} />}
      {bot.data !== undefined && (
        <>
          <Tabs label={id} tabs={tabsOf(bot.data).map((name) => ({ path: pathOf(id, name), says: t(`tabs.${name}`) }))} />
          {bot.data.source === "file" && <p className={styles.soft}>{t("fileSays")}</p>}
          <Shown bot={bot.data} tab={tab} />
        </>
      )}
    </Page>
  );
}

type TabName = "overview" | "prompt" | "models" | "limits" | "knowledge";

function tabsOf(bot: Bot): TabName[] {
  const tabs: TabName[] = ["overview"];
  if (bot.prompt_version !== null) tabs.push("prompt");
  if (HAS_MODELS.includes(bot.kind)) tabs.push("models");
  tabs.push("limits");
  if (LOOKS_UP.includes(bot.kind)) tabs.push("knowledge");
  return tabs;
}

function pathOf(id: string, tab: TabName): string {
  return tab === "overview" ? `/bots/${id}` : `/bots/${id}/${tab}`;
}

function Shown({ bot, tab }: { bot: Bot; tab: string }) {
  switch (tab) {
    case "prompt":
      return <PromptTab bot={bot} />;
    case "models":
      return <Models key={bot.revision} bot={bot} />;
    case "limits":
      return <Limits key={bot.revision} bot={bot} />;
    case "knowledge":
      return <BotKnowledge key={bot.revision} bot={bot} />;
    default:
      return <Overview bot={bot} />;
  }
}

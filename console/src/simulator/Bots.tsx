import { Alert, Button, Menu, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { Phone } from "../phone/Phone";
import { WireContext } from "../phone/wire";
import { useMay } from "../shell/me";
import { useTitle } from "../shell/Page";
import { Says } from "../shell/Says";
import { clockTime, untilClosed } from "../time";
import { Became } from "./Became";
import { phoneOf, useSeen, useSimulatedWire, useTalk } from "./talk";
import type { Talk } from "./talk";

import styles from "./Bots.module.css";

type Simulators = components["schemas"]["Simulators"];
const HOUR = 3600;

/** Any bot on any kind of channel, written to as a person would. */
export function Bots({ id }: { id: string | undefined }) {
  const { t } = useTranslation("simulator");
  useTitle(t("title"));
  const all = useQuery({
    queryKey: ["simulator", "all"],
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/v1/simulator", { signal })),
  });
  const talk = useTalk(id).data;
  const [told, setTold] = useState<string | null>(null);
  useSeen(talk);
  if (all.data?.bots.length === 0) return <Says title={t("none.title")}>{t("none.says")}</Says>;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <b className={styles.title}>{t("title")}</b>
        <Choose key={`${talk?.bot} ${talk?.kind}`} all={all.data} talk={talk} />
        {talk !== undefined && <Doings talk={talk} onTold={setTold} />}
      </header>
      <p className={styles.says} role="status">
        {told ?? t("says")}
      </p>
      {talk !== undefined && <Beside talk={talk} />}
    </div>
  );
}

function Choose({ all, talk }: { all: Simulators | undefined; talk: Talk | undefined }) {
  const { t } = useTranslation("simulator");
  const [, go] = useLocation();
  const may = useMay("agent");
  const queries = useQueryClient();
  const [bot, setBot] = useState<string | null>(() => talk?.bot ?? new URLSearchParams(location.search).get("bot"));
  const [kind, setKind] = useState<string | null>(talk?.kind ?? "whatsapp_cloud");
  const chosen = bot ?? all?.bots[0]?.id ?? null;
  const begin = useMutation({
    mutationFn: async () =>
      unwrap(await api.POST("/api/v1/simulator/talks", { body: { bot: chosen ?? "", kind: kind ?? "", name: "Ada" } })),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ["simulator", "all"] });
      go(`/simulator/bots/${id}`);
    },
  });
  const same = talk !== undefined && talk.bot === chosen && talk.kind === kind;
  const talks = all?.talks ?? [];
  return (
    <>
      <Select
        size="xs"
        aria-label={t("bot")}
        className={styles.select}
        data={(all?.bots ?? []).map((each) => each.id)}
        value={chosen}
        onChange={setBot}
        allowDeselect={false}
      />
      <Select
        size="xs"
        aria-label={t("kind")}
        className={styles.select}
        data={(all?.kinds ?? []).map((each) => ({ value: each, label: titleOf(each, t) }))}
        value={kind}
        onChange={setKind}
        allowDeselect={false}
      />
      <Button size="xs" onClick={() => begin.mutate()} disabled={!may || chosen === null} loading={begin.isPending}>
        {same ? t("anew") : t("begin")}
      </Button>
      {talks.length > 0 && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="xs" variant="default">
              {t("earlier")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
            {talks.map((each) => (
              <Menu.Item key={each.id} onClick={() => go(`/simulator/bots/${each.id}`)}>
                {t("talk", { bot: each.bot, kind: titleOf(each.kind, t), when: clockTime(each.last_at ?? 0) })}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

const TITLES = ["whatsapp_cloud", "waha", "wablas", "whacenter", "telegram"] as const;

function titleOf(kind: string, t: (key: `kinds.${(typeof TITLES)[number]}`) => string): string {
  const known = TITLES.find((each) => each === kind);
  return known === undefined ? kind : t(`kinds.${known}`);
}

/** What can happen besides what the person writes. */
function Doings({ talk, onTold }: { talk: Talk; onTold: (told: string | null) => void }) {
  const { t } = useTranslation(["simulator", "shell"]);
  const [, go] = useLocation();
  const may = useMay("agent");
  const queries = useQueryClient();
  const path = { talk_id: talk.id };
  const doing = useMutation({
    mutationFn: (work: () => Promise<string | null>) => work(),
    onSuccess: onTold,
    onError: (error) => onTold(`${t("problem")}: ${error.message}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["simulator"] }),
  });
  const pass = (seconds: number) =>
    doing.mutate(async () => {
      await api.POST("/api/v1/simulator/talks/{talk_id}/time", { params: { path }, body: { seconds } });
      return null;
    });
  const repeat = () =>
    doing.mutate(async () => {
      unwrap(await api.POST("/api/v1/simulator/talks/{talk_id}/repeat", { params: { path } }));
      return t("repeated");
    });
  const clear = () =>
    doing.mutate(async () => {
      await api.DELETE("/api/v1/simulator/talks/{talk_id}", { params: { path } });
      go("/simulator/bots");
      return null;
    });
  const none = talk.conversation === null || !may;
  const next = talk.due_at === null ? null : Math.max(1, talk.due_at - talk.now + 1);
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default" disabled={none || doing.isPending}>
            {t("time")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {next !== null && <Menu.Item onClick={() => pass(next)}>{t("later.next", { when: untilClosed(next) })}</Menu.Item>}
          <Menu.Item onClick={() => pass(HOUR)}>{t("later.hour")}</Menu.Item>
          <Menu.Item onClick={() => pass(3 * HOUR)}>{t("later.hours")}</Menu.Item>
          <Menu.Item onClick={() => pass(24 * HOUR)}>{t("later.day")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" aria-label={t("shell:areas.more")} disabled={none || doing.isPending}>
            …
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={repeat}>{t("repeat")}</Menu.Item>
          <Menu.Item onClick={() => go(`/conversations/${talk.conversation}`)}>{t("conversation")}</Menu.Item>
          <Menu.Item color="red" onClick={clear}>
            {t("clear")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Beside({ talk }: { talk: Talk }) {
  const { t } = useTranslation("simulator");
  const wire = useSimulatedWire(talk);
  const state = phoneOf(talk, markupOf(talk.kind));
  const link = { state, absent: false, away: false, retry: () => undefined, select: () => undefined };
  return (
    <div className={styles.main}>
      <div className={styles.phone}>
        <WireContext value={wire}>
          <Phone link={link} />
        </WireContext>
      </div>
      <div className={styles.right}>
        {talk.mode !== "bot" && <Alert color="yellow">{t("person")}</Alert>}
        <Became talk={talk} />
      </div>
    </div>
  );
}

function markupOf(kind: string): "whatsapp" | "telegram" {
  return kind === "telegram" ? "telegram" : "whatsapp";
}

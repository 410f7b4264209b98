import { Badge, Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { api, unwrap } from "../api/client";
import { useMay } from "../shell/me";
import { duration } from "../time";
import { ScriptOutcome } from "../trace/Again";
import { hasEnded, useAsk, useRehearsal } from "../trace/told";
import type { Talk } from "./talk";

import styles from "./Bots.module.css";

/** The turns of a talk, and what was not answered and why. */
export function Became({ talk }: { talk: Talk }) {
  const { t } = useTranslation("simulator");
  const id = talk.conversation;
  const said = talk.entries.length;
  const turns = useQuery({
    queryKey: ["simulator", "turns", id, said, talk.typing],
    enabled: id !== null,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/v1/conversations/{conversation_id}/turns", {
          params: { path: { conversation_id: id ?? "" }, query: { limit: 30 } },
          signal,
        }),
      ),
  });
  const items = id === null ? [] : (turns.data?.items ?? []);
  const dropped = talk.entries.filter(({ state, reason }) => state === "dropped" && reason != null);
  return (
    <section className={styles.became} aria-label={t("turns")}>
      <h2>{t("turns")}</h2>
      {items.length === 0 && dropped.length === 0 && <p className={styles.soft}>{t("noTurns")}</p>}
      <ol className={styles.turns}>
        {items.map((turn) => (
          <li key={turn.no}>
            <Link href={`/conversations/${id}/turns/${turn.no}`}>{t("turn", { no: turn.no })}</Link>
            <Badge size="sm" variant="light" color={turn.state === "failed" ? "red" : "teal"} tt="none">
              {turn.committed_at === null ? t("running") : `${turn.state}, ${duration(turn.committed_at - turn.started_at)}`}
            </Badge>
          </li>
        ))}
      </ol>
      {dropped.length > 0 && (
        <>
          <h3>{t("unanswered")}</h3>
          <ol className={styles.turns}>
            {dropped.map((entry) => (
              <li key={entry.id}>
                <span dir="auto">{entry.message?.text}</span>
                <span className={styles.soft}>{entry.reason}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      {id !== null && items[0] !== undefined && <AsTest key={items[0].no} id={id} no={items[0].no} />}
    </section>
  );
}

function AsTest({ id, no }: { id: string; no: number }) {
  const { t } = useTranslation("simulator");
  const may = useMay("agent");
  const ask = useAsk(id, no);
  const found = useRehearsal(ask.data);
  if (!may) return null;
  const busy = ask.isPending || (found.data !== undefined && !hasEnded(found.data));
  return (
    <div className={styles.test}>
      <Button
        size="xs"
        variant="default"
        title={t("testSays")}
        loading={busy}
        onClick={() => ask.mutate({ models: "recorded", what: "script" })}
      >
        {t("test")}
      </Button>
      {ask.data !== undefined && found.data !== undefined && <ScriptOutcome rehearsal={found.data} no={no} />}
    </div>
  );
}

import { Button, Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { Skeletons } from "../parts/Skeletons";
import { Says } from "../shell/Says";
import { Said } from "./Said";
import { useWhen } from "./when";

import styles from "./Settings.module.css";

type Line = components["schemas"]["AuditLineBody"];
const AREAS = [
  "member",
  "user",
  "token",
  "workspace",
  "channel",
  "bot",
  "prompt",
  "knowledge",
  "flow",
  "contact",
  "provider",
  "document",
  "conversation",
  "secret",
] as const;

/** Who changed what, the newest first. */
export function AuditTab() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [area, setArea] = useState("");
  const [who, setWho] = useState("");
  const members = useQuery({
    queryKey: ["members"],
    queryFn: async () => unwrap(await api.GET("/api/v1/members")),
  });
  const lines = useInfiniteQuery({
    queryKey: ["audit", area, who],
    queryFn: async ({ pageParam }) => {
      const query = { after: pageParam, ...(area !== "" && { area }), ...(who !== "" && { who }) };
      return unwrap(await api.GET("/api/v1/audit", { params: { query } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  });
  const shown = lines.data?.pages.flatMap(({ items }) => items);
  const filtered = area !== "" || who !== "";
  return (
    <>
      <p className={styles.says}>{t("audit.says")}</p>
      <div className={styles.filters}>
        <Select
          label={t("audit.area")}
          data={[{ value: "", label: t("audit.all") }, ...AREAS.map((each) => ({ value: each, label: t(`audit.areas.${each}`) }))]}
          value={area}
          allowDeselect={false}
          onChange={(value) => setArea(value ?? "")}
        />
        <Select
          label={t("audit.who")}
          data={[
            { value: "", label: t("audit.anybody") },
            ...(members.data?.items ?? []).map(({ user_id, name }) => ({ value: user_id, label: name })),
          ]}
          value={who}
          allowDeselect={false}
          onChange={(value) => setWho(value ?? "")}
        />
      </div>
      {shown === undefined && !lines.isError && <Skeletons rows={6} height={48} />}
      {shown?.length === 0 && (
        <Says title={filtered ? t("audit.nothing") : t("audit.none")}>{filtered ? undefined : t("audit.noneSays")}</Says>
      )}
      {shown !== undefined && shown.length > 0 && (
        <ul className={styles.list} aria-label={t("tabs.audit")}>
          {shown.map((each) => (
            <Row key={each.id} line={each} />
          ))}
        </ul>
      )}
      <Said error={lines.error} />
      {lines.hasNextPage && (
        <div className={styles.foot}>
          <Button variant="default" loading={lines.isFetchingNextPage} onClick={() => void lines.fetchNextPage()}>
            {common("more")}
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ line }: { line: Line }) {
  const { t } = useTranslation("settings");
  const when = useWhen();
  const bare = `${line.what} ${line.about}`.trim();
  const did = t(`audit.what.${line.what}` as never, { about: apart(line.about), defaultValue: bare }) as string;
  const told = Object.entries(line.details).filter(([, value]) => value !== null);
  const more = told.map(([name, value]) =>
    name.endsWith("_at") && typeof value === "number" ? `${name}: ${when(value)}` : `${name}: ${words(value)}`,
  );
  return (
    <li className={styles.item} data-testid="audit-line">
      <div className={styles.what}>
        <span>
          <b>
            <bdi>{line.name}</bdi>
          </b>{" "}
          {line.what.startsWith("conversation.") ? <Link href={`/conversations/${line.about}`}>{did}</Link> : did}
        </span>
        {more.length > 0 && (
          <p className={styles.soft} dir="auto">
            {more.join(" · ")}
          </p>
        )}
      </div>
      <time className={styles.when} dateTime={new Date(line.at * 1000).toISOString()}>
        {when(line.at)}
      </time>
    </li>
  );
}

/** Somebody's words within a sentence of ours, whichever way they are written. */
function apart(text: string): string {
  return `\u2068${text}\u2069`;
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

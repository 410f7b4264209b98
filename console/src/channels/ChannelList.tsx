import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Failure } from "../parts/Failure";
import { State } from "../parts/State";
import { ago } from "../bots/written";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { useChannels } from "./api";
import type { ChannelListed } from "./api";
import { kindOf } from "./said";

import styles from "../bots/Bots.module.css";

export function ChannelList() {
  const { t } = useTranslation("channels");
  const [, go] = useLocation();
  const may = useMay("admin");
  const channels = useChannels();
  const add = () => go("/channels/-/new");
  return (
    <Page title={t("title")} actions={may && <Button onClick={add}>{t("add")}</Button>}>
      {channels.isError && <Failure error={channels.error} again={() => void channels.refetch()} />}
      {channels.isPending && <Skeletons rows={3} height={84} />}
      {channels.data?.items.length === 0 && (
        <Says title={t("none.title")} action={may && <SaysButton onClick={add}>{t("add")}</SaysButton>}>
          {t("none.says")}
        </Says>
      )}
      <ul className={styles.list}>
        {channels.data?.items.map((each) => (
          <li key={each.id}>
            <Card channel={each} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Card({ channel }: { channel: ChannelListed }) {
  const { t, i18n } = useTranslation("channels");
  return (
    <Link href={`/channels/${channel.id}`} className={styles.card}>
      <span className={styles.top}>
        <bdi className={styles.name}>{channel.id}</bdi>
        <Stands channel={channel} />
        <span className={`${styles.soft} ${styles.end}`}>{kindOf(t, channel.kind)}</span>
      </span>
      <span className={styles.facts}>
        {channel.account !== "" && <bdi>{channel.account}</bdi>}
        <span>{t("answers", { bot: channel.bot })}</span>
        <span>{t("day", { received: channel.received, sent: channel.sent })}</span>
        <span>
          {channel.last_at === null ? t("noMessage") : t("lastMessage", { ago: ago(channel.last_at, i18n.language) })}
        </span>
        {channel.unsent > 0 && <span>{t("unsent", { count: channel.unsent })}</span>}
        {channel.waiting > 0 && <span>{t("waiting", { count: channel.waiting })}</span>}
        {channel.source === "file" && <span>{t("inFile")}</span>}
      </span>
      <Trouble channel={channel} />
    </Link>
  );
}

/** How it stands, in a word. */
export function Stands({ channel }: { channel: ChannelListed }) {
  const { t } = useTranslation("channels");
  const is = { ok: "good", applying: undefined, elsewhere: undefined, paused: "bad", logged_out: "bad", problem: "bad" };
  const how = is[channel.state] as "good" | "bad" | undefined;
  return <State {...(how === undefined ? {} : { is: how })}>{t(`states.${channel.state}`)}</State>;
}

/** Why nothing comes or leaves. */
export function Trouble({ channel }: { channel: ChannelListed }) {
  const { t, i18n } = useTranslation("channels");
  return (
    <>
      {channel.problems.map((each) => (
        <span key={`${each.where} ${each.problem}`} className={styles.wrong}>
          {t("doesNotCount")} {each.where} {each.problem}. {each.mend}
        </span>
      ))}
      {channel.pause !== null && (
        <span className={styles.wrong} dir="auto">
          {t("paused", { ago: ago(channel.pause.at, i18n.language), reason: channel.pause.reason })}
          {channel.pause.ends_by_itself && ` ${t("endsByItself")}`}
        </span>
      )}
      {channel.templates !== null && channel.templates.problem !== null && (
        <span className={styles.wrong}>{t("templates.problem", { problem: channel.templates.problem })}</span>
      )}
    </>
  );
}

import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Dialog } from "../parts/Dialog";
import { useMay } from "../shell/me";
import { deleteBot, useChange } from "./api";
import type { Bot, Setting } from "./api";
import { Kind, version } from "./BotList";
import { Failure } from "../parts/Failure";
import { ago, count, dollars, moment, written } from "./written";

import styles from "./Bots.module.css";

export function Overview({ bot }: { bot: Bot }) {
  const { t, i18n } = useTranslation("bots");
  const { today } = bot;
  const figures: [string, string][] = [
    [t("figures.turns"), count(today.turns, i18n.language)],
    [t("figures.failed"), count(today.failed, i18n.language)],
    [t("figures.tokens"), count(today.tokens, i18n.language)],
    [t("figures.cost"), dollars(today.cost, i18n.language)],
  ];
  return (
    <>
      {bot.problems.map((each) => (
        <Failure key={each.where} error={`${t("doesNotCount")} ${each.where} ${each.problem}. ${each.mend}`} />
      ))}
      <dl className={styles.figures}>
        {figures.map(([says, value]) => (
          <div key={says} className={styles.figure}>
            <dt>{says}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section className={styles.section}>
        <div className={styles.facts}>
          <Kind kind={bot.kind} />
          <span>{bot.channels.length === 0 ? t("nowhere") : t("on", { channels: bot.channels.join(", ") })}</span>
          {bot.prompt_version !== null && <span>{version(t, bot.prompt_version)}</span>}
          {bot.flows !== null && <span>{t("flows", { count: bot.flows.drawn, published: bot.flows.published })}</span>}
        </div>
      </section>
      <Failures bot={bot} />
      <details className={styles.section}>
        <summary>{t("allSettings")}</summary>
        <Settings settings={bot.settings} />
      </details>
      {bot.source === "console" && <Delete bot={bot} />}
    </>
  );
}

function Failures({ bot }: { bot: Bot }) {
  const { t, i18n } = useTranslation("bots");
  return (
    <section className={styles.section}>
      <h2>{t("failures.title")}</h2>
      {bot.failures.length === 0 && <p className={styles.soft}>{t("failures.none")}</p>}
      <ul className={styles.list}>
        {bot.failures.map((each) => (
          <li key={`${each.conversation}-${each.turn}`}>
            <Link href={`/conversations/${each.conversation}/turns/${each.turn}`}>
              {t("failures.turn", { ago: ago(each.started_at, i18n.language), number: each.turn })}
            </Link>{" "}
            <span className={styles.soft}>{moment(each.started_at, i18n.language)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Settings({ settings }: { settings: Setting[] }) {
  const { t } = useTranslation("bots");
  return (
    <table className={styles.settings}>
      <tbody>
        {settings.map((each) => (
          <tr key={each.name}>
            <th scope="row">{each.name}</th>
            <td>
              <code dir="auto">{each.secret ? t(each.value === true ? "secret.set" : "secret.none") : written(each.value)}</code>
              {!each.given && <span className={styles.soft}> {t("default")}</span>}
              <div className={styles.soft}>{each.says}</div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Delete({ bot }: { bot: Bot }) {
  const { t } = useTranslation(["bots", "shell"]);
  const [, go] = useLocation();
  const may = useMay("admin");
  const [asking, ask] = useState(false);
  const remove = useChange("bots", () => deleteBot(bot.id));
  if (!may) return null;
  return (
    <>
      <Button variant="default" c="var(--wrong)" onClick={() => ask(true)}>
        {t("delete.button")}
      </Button>
      {asking && (
        <Dialog title={t("delete.title", { bot: bot.id })} onClose={() => ask(false)}>
          <p>{t("delete.says")}</p>
          <Failure error={remove.error} />
          <div className={styles.buttons}>
            <Button
              color="red.9"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: () => go("/bots", { replace: true }) })}
            >
              {t("delete.button")}
            </Button>
            <Button variant="default" onClick={() => ask(false)}>
              {t("shell:cancel")}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

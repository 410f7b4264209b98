import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { components } from "../api/schema";
import { region } from "../time";

import styles from "./Overview.module.css";

type Stretch = components["schemas"]["Stretch"];
const DAY = 86_400;

interface Props {
  stretches: Stretch[];
  step: number;
}

/** Messages in and out, one pair of bars for each hour or day; the same as a table for whoever would rather read. */
export function MessageBars({ stretches, step }: Props) {
  const { t } = useTranslation("overview");
  const [asTable, setAsTable] = useState(false);
  const named = useNames(step, stretches.length);
  return (
    <section className={styles.panel}>
      <div className={styles.panelHead}>
        <h2>{t("messages.title")}</h2>
        <span className={styles.legend} aria-hidden>
          <i data-series="in" /> {t("messages.in")} <i data-series="out" /> {t("messages.out")}
        </span>
        <UnstyledButton className={styles.turn} onClick={() => setAsTable(!asTable)}>
          {asTable ? t("messages.chart") : t("messages.table")}
        </UnstyledButton>
      </div>
      {asTable ? <Table stretches={stretches} named={named} /> : <Chart stretches={stretches} named={named} />}
    </section>
  );
}

function useNames(step: number, count: number): (at: number) => string {
  const { i18n } = useTranslation();
  const days = step >= DAY || count > 24;
  const form = new Intl.DateTimeFormat(
    region(i18n.language),
    step >= DAY
      ? { day: "numeric", month: "short" }
      : days
        ? { weekday: "short", hour: "2-digit", minute: "2-digit" }
        : { hour: "2-digit", minute: "2-digit" },
  );
  return (at) => form.format(at * 1000);
}

function Chart({ stretches, named }: { stretches: Stretch[]; named: (at: number) => string }) {
  const { t } = useTranslation("overview");
  const most = Math.max(1, ...stretches.map((each) => Math.max(each.received, each.sent)));
  const every = Math.ceil(stretches.length / 8);
  return (
    <div className={styles.chart}>
      <span className={styles.most}>{most}</span>
      <ol className={styles.bars}>
        {stretches.map((each, at) => {
          const says = t("messages.says", { when: named(each.at), received: each.received, sent: each.sent });
          return (
            <li key={each.at} title={says} aria-label={says}>
              <span className={styles.pair} aria-hidden>
                <i data-series="in" style={{ blockSize: `${(100 * each.received) / most}%` }} />
                <i data-series="out" style={{ blockSize: `${(100 * each.sent) / most}%` }} />
              </span>
              <span className={styles.when} aria-hidden>
                {at % every === 0 ? named(each.at) : ""}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Table({ stretches, named }: { stretches: Stretch[]; named: (at: number) => string }) {
  const { t } = useTranslation("overview");
  return (
    <div className={styles.scrolled} tabIndex={0} role="group" aria-label={t("messages.title")}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("messages.from")}</th>
            <th scope="col">{t("messages.in")}</th>
            <th scope="col">{t("messages.out")}</th>
          </tr>
        </thead>
        <tbody>
          {stretches.map((each) => (
            <tr key={each.at}>
              <th scope="row">{named(each.at)}</th>
              <td>{each.received}</td>
              <td>{each.sent}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

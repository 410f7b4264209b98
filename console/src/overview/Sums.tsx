import { useTranslation } from "react-i18next";

import type { components } from "../api/schema";
import { region } from "../time";

import styles from "./Overview.module.css";

/** The figures that one looks for first. */
export function Sums({ told }: { told: components["schemas"]["OverviewBody"] }) {
  const { t, i18n } = useTranslation("overview");
  const number = new Intl.NumberFormat(region(i18n.language));
  const money = new Intl.NumberFormat(region(i18n.language), { style: "currency", currency: "USD" });
  const sums = [
    { label: t("received"), value: number.format(told.received) },
    { label: t("sent"), value: number.format(told.sent) },
    { label: t("answered"), value: number.format(told.turns.answered) },
    { label: t("toPeople"), value: number.format(told.turns.person) },
    { label: t("failed"), value: number.format(told.turns.failed), wrong: told.turns.failed > 0 },
    {
      label: t("cost"),
      value: told.micros > 0 ? money.format(told.micros / 1e6) : number.format(0),
      says:
        told.micros === 0 && told.tokens > 0
          ? t("costUnknown")
          : t("costSays", { count: told.tokens, formatParams: { count: {} } }),
    },
  ];
  return (
    <dl className={styles.sums}>
      {sums.map((sum) => (
        <div key={sum.label} className={styles.sum} data-wrong={sum.wrong}>
          <dt>{sum.label}</dt>
          <dd>{sum.value}</dd>
          {sum.says !== undefined && <dd className={styles.small}>{sum.says}</dd>}
        </div>
      ))}
    </dl>
  );
}

import { useTranslation } from "react-i18next";

import type { components } from "../api/schema";
import { region } from "../time";

import styles from "./Overview.module.css";

interface Props {
  title: string;
  counts: components["schemas"]["ReasonCount"][];
  /** What stands there where there is nothing; without it nothing stands there at all. */
  none?: string;
}

/** How often what happened, the most frequent first. */
export function Reasons({ title, counts, none }: Props) {
  const { t, i18n } = useTranslation("overview");
  if (counts.length === 0 && none === undefined) return null;
  const most = Math.max(1, ...counts.map((each) => each.times));
  const known = t("drops.reasons", { returnObjects: true }) as Record<string, string>;
  return (
    <section className={styles.panel}>
      <div className={styles.panelHead}>
        <h2>{title}</h2>
      </div>
      {counts.length === 0 && <p className={styles.small}>{none}</p>}
      <ul className={styles.reasons}>
        {counts.map((each) => (
          <li key={each.reason}>
            <span dir="auto">{known[each.reason] ?? each.reason.replaceAll("_", " ")}</span>
            <span className={styles.count}>{new Intl.NumberFormat(region(i18n.language)).format(each.times)}</span>
            <i aria-hidden style={{ inlineSize: `${(100 * each.times) / most}%` }} />
          </li>
        ))}
      </ul>
    </section>
  );
}

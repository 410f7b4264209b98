import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { components } from "../api/schema";
import { State } from "../parts/State";
import { region } from "../time";

import styles from "./Overview.module.css";

/** What a person has to look at: each line leads there. */
export function Needs({ needs }: { needs: components["schemas"]["Need"][] }) {
  const { t, i18n } = useTranslation("overview");
  const when = new Intl.DateTimeFormat(region(i18n.language), { dateStyle: "medium", timeStyle: "short" });
  const known = t("needs.reasons", { returnObjects: true }) as Record<string, string>;
  return (
    <section className={styles.panel}>
      <div className={styles.panelHead}>
        <h2>{t("needs.title")}</h2>
      </div>
      {needs.length === 0 && <p className={styles.small}>{t("needs.none")}</p>}
      <ul className={styles.needs}>
        {needs.map((need) => (
          <li key={`${need.kind} ${need.conversation_id ?? need.channel_id}`}>
            <Link
              href={need.conversation_id === null ? "/channels" : `/conversations/${need.conversation_id}`}
              className={styles.need}
            >
              <State is="bad">{t(`needs.kinds.${need.kind}`)}</State>
              <bdi className={styles.about}>{need.about}</bdi>
              <span className={styles.reason} dir="auto">
                {reasonOf(need.reason, known)}
              </span>
              <span className={styles.small}>{t("needs.since", { when: when.format(need.since * 1000) })}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What somebody wrote stays as it is; our own words for it are told in the reader's language. */
function reasonOf(reason: string, known: Record<string, string>): string {
  return Object.hasOwn(known, reason) ? (known[reason] ?? reason) : reason;
}

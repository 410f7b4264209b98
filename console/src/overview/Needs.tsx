import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { components } from "../api/schema";
import { region } from "../time";

import styles from "./Overview.module.css";

/** What a person has to look at: each line leads there. */
export function Needs({ needs }: { needs: components["schemas"]["Need"][] }) {
  const { t, i18n } = useTranslation("overview");
  const when = new Intl.DateTimeFormat(region(i18n.language), { dateStyle: "medium", timeStyle: "short" });
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
              <Badge variant="light" color={need.kind === "escalated" ? "yellow" : "red"}>
                {t(`needs.kinds.${need.kind}`)}
              </Badge>
              <bdi className={styles.about}>{need.about}</bdi>
              <span className={styles.reason} dir="auto">
                {need.reason}
              </span>
              <span className={styles.small}>{t("needs.since", { when: when.format(need.since * 1000) })}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

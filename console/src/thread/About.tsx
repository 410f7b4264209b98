import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { exactly } from "../inbox/times";
import type { Head } from "./useThread";

import styles from "./About.module.css";

/** What is known of whoever writes. */
export function About({ head, name }: { head: Head; name: string }) {
  const { t, i18n } = useTranslation("thread");
  const at = (instant: number) => exactly(instant, i18n.language);
  const { escalation } = head;
  return (
    <div className={styles.about}>
      <h2 dir="auto">{name}</h2>
      <Link href={`/contacts/${head.contact_id}`}>{t("about.page")}</Link>
      <Section title={t("about.addresses")}>
        {head.addresses.map((address) => (
          <div key={address} className={styles.address}>
            {address.startsWith("phone:") ? `+${address.slice("phone:".length)}` : address}
          </div>
        ))}
      </Section>
      <Section title={t("about.channel")}>{head.channel_id}</Section>
      {head.stage != null && <Section title={t("about.stage")}>{head.stage}</Section>}
      {head.tags.length > 0 && (
        <Section title={t("about.tags")}>
          {head.tags.map((tag) => (
            <Badge key={tag} variant="light" mr={4} tt="none">
              {tag}
            </Badge>
          ))}
        </Section>
      )}
      {escalation != null && (
        <Section title={t("about.escalation")}>
          <div dir="auto">{escalation.reason}</div>
          <span>
            {at(escalation.opened_at)}
            {escalation.closed_at !== null
              ? `, ${t("about.closed")}`
              : escalation.taken_at !== null
                ? `, ${t("about.taken")}`
                : ""}
          </span>
        </Section>
      )}
      <Section title={t("about.facts")}>
        {head.facts.length === 0 && <span>{t("about.nothing")}</span>}
        <dl>
          {head.facts.map(({ bot_id, name: fact, value }) => (
            <div key={`${bot_id} ${fact}`}>
              <dt>{fact}</dt>
              <dd dir="auto">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      </Section>
      {head.consents.length > 0 && (
        <Section title={t("about.consents")}>
          <dl>
            {head.consents.map(({ purpose, granted }) => (
              <div key={purpose}>
                <dt>{purpose === "*" ? t("about.all") : purpose}</dt>
                <dd>{t(granted ? "about.yes" : "about.no")}</dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      {head.timers.length > 0 && (
        <Section title={t("about.timers")}>
          {head.timers.map(({ name: timer, due_at, follow_up }, index) => (
            <div key={index}>
              {timer} · <span>{at(due_at)}</span>
              {follow_up && <span> ({t("about.followUp")})</span>}
            </div>
          ))}
        </Section>
      )}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

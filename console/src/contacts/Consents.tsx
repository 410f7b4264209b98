import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { exactly } from "../inbox/times";
import { Failure } from "../parts/Failure";
import { State } from "../parts/State";
import { useMay } from "../shell/me";
import { noteConsent, useChange } from "./api";
import type { Contact } from "./api";

import styles from "./Contacts.module.css";

const SOURCES = ["stop", "start", "bot", "operator", "api", "provider"] as const;

/** What somebody wants to be sent, and how that is known. */
export function Consents({ contact }: { contact: Contact }) {
  const { t, i18n } = useTranslation("contacts");
  const may = useMay("agent");
  const [purpose, setPurpose] = useState("");
  const note = useChange((said: { purpose: string; granted: boolean }) =>
    noteConsent(contact.id, said.purpose, said.granted),
  );
  const source = (name: string) => {
    const known = SOURCES.find((each) => each === name);
    return known === undefined ? name : t(`consent.sources.${known}`);
  };
  const add = (granted: boolean) => note.mutate({ purpose: purpose.trim(), granted }, { onSuccess: () => setPurpose("") });
  return (
    <section className={styles.panel}>
      <h2>{t("consent.title")}</h2>
      {contact.consents.length === 0 && <p className={styles.soft}>{t("consent.none")}</p>}
      <ul className={styles.lines}>
        {contact.consents.map((each) => (
          <li key={each.purpose}>
            <span>
              {each.purpose === "*" ? t("consent.everything") : each.purpose}{" "}
              <State is={each.granted ? "good" : "bad"}>{t(each.granted ? "consent.given" : "consent.withdrawn")}</State>
              <span className={styles.facts}>
                {source(each.source)}, {exactly(each.at, i18n.language)}
              </span>
            </span>
            {may && (
              <Button
                className={styles.end ?? ""}
                size="compact-sm"
                variant="subtle"
                onClick={() => note.mutate({ purpose: each.purpose, granted: !each.granted })}
              >
                {t(each.granted ? "consent.withdraw" : "consent.give")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {may && (
        <>
          <TextInput
            label={t("consent.purpose")}
            description={t("consent.purposeSays")}
            maxLength={40}
            value={purpose}
            onChange={(event) => setPurpose(event.currentTarget.value)}
          />
          <div className={styles.buttons}>
            <Button variant="default" disabled={purpose.trim() === ""} onClick={() => add(true)}>
              {t("consent.give")}
            </Button>
            <Button variant="default" disabled={purpose.trim() === ""} onClick={() => add(false)}>
              {t("consent.withdraw")}
            </Button>
          </div>
        </>
      )}
      <Failure error={note.error} />
    </section>
  );
}

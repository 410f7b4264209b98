import { useTranslation } from "react-i18next";

import { briefly } from "../time";
import { Fold, Raw, Section } from "./Section";
import type { Step, Turn } from "./told";

import styles from "./Exchange.module.css";

/** Every step of every attempt, with its result as it is kept. */
export function Steps({ turn }: { turn: Turn }) {
  const { t } = useTranslation("trace");
  const attempts = turn.attempts.filter(({ steps }) => steps.length > 0);
  const none = attempts.length === 0 && turn.effects.length === 0;
  return (
    <Section title={t("steps.title")}>
      {none && <p className={styles.soft}>{t("steps.none")}</p>}
      {attempts.map(({ attempt, steps }) => (
        <div key={attempt}>
          {turn.attempt > 1 && <h3 className={styles.title}>{t("steps.attempt", { no: attempt })}</h3>}
          <List steps={steps} />
        </div>
      ))}
      {turn.effects.length > 0 && (
        <>
          <h3 className={styles.title}>{t("steps.effects")}</h3>
          <List steps={turn.effects} />
        </>
      )}
    </Section>
  );
}

function List({ steps }: { steps: Step[] }) {
  const { t } = useTranslation("trace");
  return steps.map((step) => (
    <Fold
      key={`${step.name} ${step.occurrence}`}
      summary={
        <>
          <code>{step.name}</code>
          <span className={styles.soft}>{step.seconds === null ? t("steps.open") : briefly(step.seconds)}</span>
        </>
      }
    >
      <Raw value={step.result} />
    </Fold>
  ));
}

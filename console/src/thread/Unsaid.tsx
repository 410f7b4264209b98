import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Ticks } from "../bubbles/Ticks";
import type { Saying, Unsaid as One } from "./useSaying";
import { Confirm } from "./useStanding";

import styles from "./Bubble.module.css";

/** What is on its way, and what did not leave. */
export function Unsaid({ saying }: { saying: Saying }) {
  const asked = saying.unsaid.find(({ holder }) => holder !== null);
  return (
    <>
      {saying.unsaid.map((one) => (
        <Waiting key={one.id} one={one} saying={saying} />
      ))}
      {asked?.holder != null && (
        <Confirm name={asked.holder} onClose={() => saying.drop(asked.id)} onGo={() => saying.again(asked.id, true)} />
      )}
    </>
  );
}

function Waiting({ one, saying }: { one: One; saying: Saying }) {
  const { t } = useTranslation("thread");
  const failed = one.state === "failed";
  return (
    <div className={styles.rowOurs} data-testid="unsaid">
      <div className={styles.side}>
        <div className={styles.bubble} data-who="operator" style={{ opacity: failed ? 1 : 0.7 }}>
          <div className={styles.text} dir="auto">
            {one.text}
          </div>
          <div className={styles.foot}>
            <Ticks kind={failed ? "failed" : "clock"} />
          </div>
        </div>
        {failed && (
          <div className={styles.why} data-state="failed" role="alert">
            {t("composer.notSent", { why: one.why ?? "–" })}{" "}
            <Button size="compact-xs" variant="light" onClick={() => saying.again(one.id)}>
              {t("composer.again")}
            </Button>{" "}
            <Button size="compact-xs" variant="subtle" onClick={() => saying.drop(one.id)}>
              {t("composer.drop")}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

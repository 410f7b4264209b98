import { Alert, Button, Loader, Radio } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "../shell/me";
import { duration } from "../time";
import { Questions } from "./Questions";
import { Fold, Raw, Section } from "./Section";
import { hasEnded, useAsk, useRehearsal } from "./told";
import type { Models, Rehearsal, Rehearsed, Script, What } from "./told";

import styles from "./Again.module.css";

/** The turn once more on the bot's draft, beside what was said; and the conversation as a test. */
export function Again({ id, no }: { id: string; no: number }) {
  const { t } = useTranslation("trace");
  const may = useMay("agent");
  const [models, setModels] = useState<Models>("asked");
  const ask = useAsk(id, no);
  const found = useRehearsal(ask.data);
  if (!may) return null;
  const busy = ask.isPending || (found.data !== undefined && !hasEnded(found.data));
  const start = (what: What) => ask.mutate({ models, what });
  return (
    <Section title={t("again.title")}>
      <p className={styles.soft}>{t("again.says")}</p>
      <div className={styles.choice}>
        <Radio.Group
          size="sm"
          label={t("again.models")}
          value={models}
          onChange={(value) => setModels(value === "recorded" ? "recorded" : "asked")}
        >
          <div className={styles.radios}>
            <Radio value="asked" label={t("again.asked")} />
            <Radio value="recorded" label={t("again.recorded")} />
          </div>
        </Radio.Group>
        <div className={styles.buttons}>
          <Button size="sm" onClick={() => start("turn")} disabled={busy}>
            {t("again.start")}
          </Button>
          <Button size="sm" variant="default" onClick={() => start("script")} disabled={busy} title={t("test.says")}>
            {t("test.start")}
          </Button>
        </div>
      </div>
      <div aria-live="polite" className={styles.outcome}>
        {ask.error !== null && <Alert color="red">{ask.error.message}</Alert>}
        {ask.data !== undefined && found.data !== undefined && <Outcome rehearsal={found.data} no={no} />}
      </div>
    </Section>
  );
}

/** How far a script is that is being written, and the script. */
export function ScriptOutcome(props: { rehearsal: Rehearsal; no: number }) {
  return (
    <div className={styles.script} aria-live="polite">
      <Outcome {...props} />
    </div>
  );
}

function Outcome({ rehearsal, no }: { rehearsal: Rehearsal; no: number }) {
  const { t } = useTranslation("trace");
  const { state, progress, result } = rehearsal;
  if (state === "failed") {
    return (
      <Alert color="red" title={t("again.failed")}>
        {progress}
      </Alert>
    );
  }
  if (state !== "done" || result == null) {
    const says = state === "waiting" ? t("again.waiting") : progress === "" ? t("again.running") : t("again.doing", { what: progress });
    return (
      <p className={styles.progress}>
        <Loader size="xs" /> {says}
      </p>
    );
  }
  return "script" in result ? <Test script={result} no={no} /> : <Compared result={result} />;
}

function Compared({ result }: { result: Rehearsed }) {
  const { t } = useTranslation("trace");
  const same = result.difference.length === 0;
  return (
    <>
      <p className={styles.soft}>{t("again.with", { what: result.drafted, took: duration(result.seconds) })}</p>
      <p className={styles.verdict} data-same={same || undefined} data-testid="verdict">
        {same ? t("again.same") : t("again.differs")}
      </p>
      {result.raised !== null && (
        <Alert color="red" title={t("again.raised")}>
          <Raw value={result.raised} />
        </Alert>
      )}
      <div className={styles.sides}>
        <Side title={t("again.then")} said={result.then} />
        <Side title={t("again.now")} said={result.said} />
      </div>
      {!same && (
        <Fold summary={t("again.difference")}>
          <Lines lines={result.difference} />
        </Fold>
      )}
      {result.questions.length > 0 && (
        <Fold summary={t("questions.title")}>
          <Questions questions={result.questions} />
        </Fold>
      )}
      {result.stood.length > 0 && (
        <Fold summary={t("again.stood")}>
          <ul className={styles.stood}>
            {result.stood.map((each, at) => (
              <li key={at}>
                <code>{each.name}</code> {t(`again.stoods.${each.stood}`)}
                {(each.detail ?? "") !== "" && <span className={styles.soft}> {each.detail}</span>}
              </li>
            ))}
          </ul>
        </Fold>
      )}
      {result.left !== null && (
        <Fold summary={t("again.left")}>
          <Raw value={result.left} />
        </Fold>
      )}
      {result.told.length > 0 && (
        <Fold summary={t("noted")}>
          <Raw value={result.told.join("\n")} />
        </Fold>
      )}
    </>
  );
}

function Side({ title, said }: { title: string; said: Rehearsed["said"] }) {
  const { t } = useTranslation("trace");
  return (
    <div>
      <h3 className={styles.title}>{title}</h3>
      {said.length === 0 && <p className={styles.soft}>{t("again.nothing")}</p>}
      {said.map((each, at) => (
        <div key={at} className={styles.said} dir="auto">
          {each.text === "" ? `[${each.kind}]` : each.text}
          {(each.offers ?? []).length > 0 && <span className={styles.soft}>{(each.offers ?? []).join(" · ")}</span>}
        </div>
      ))}
    </div>
  );
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <pre className={styles.lines} dir="auto" tabIndex={0}>
      {lines.map((line, at) => (
        <span key={at} data-sign={line.slice(0, 1)}>
          {line}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

function Test({ script, no }: { script: Script; no: number }) {
  const { t } = useTranslation("trace");
  const verdict = script.passes === null ? t("test.notPlayed") : script.passes ? t("test.passes") : t("test.fails");
  return (
    <>
      <p className={styles.verdict} data-same={script.passes === true || undefined} data-testid="verdict">
        {verdict}
      </p>
      {script.problems.length > 0 && <Alert color="red" title={t("test.problems")}>{script.problems.join("\n")}</Alert>}
      <Raw value={script.script} />
      <Button
        size="sm"
        mt="sm"
        component="a"
        download={`turn-${no}.script`}
        href={`data:text/plain;charset=utf-8,${encodeURIComponent(script.script)}`}
      >
        {t("test.download")}
      </Button>
      {script.difference.length > 0 && (
        <Fold summary={t("test.difference")}>
          <Lines lines={script.difference} />
        </Fold>
      )}
    </>
  );
}

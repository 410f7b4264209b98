import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Failure } from "../parts/Failure";
import type { Channel } from "./api";
import { asking, useErrand } from "./errands";
import type { Line } from "./errands";
import { stageOf } from "./said";

import bots from "../bots/Bots.module.css";
import styles from "./Channels.module.css";

/** A message to somebody, and each stage that it reaches. */
export function TestMessage({ channel }: { channel: Channel }) {
  const { t } = useTranslation("channels");
  const [to, setTo] = useState("");
  const [text, setText] = useState(t("test.example"));
  const [template, setTemplate] = useState("");
  const test = useErrand();
  return (
    <form
      className={`${bots.panel} ${bots.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        void test.run(asking.test(channel.id, to, template === "" ? text : "", template));
      }}
    >
      <h2 className={bots.heading}>{t("test.title")}</h2>
      <TextInput
        required
        label={t("test.to")}
        description={channel.kind === "telegram" ? t("test.toTelegram") : t("test.toPhone")}
        autoComplete="off"
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <TextInput
        label={t("test.text")}
        dir="auto"
        maxLength={1000}
        value={text}
        disabled={template !== ""}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {channel.can.includes("templates") && (
        <TextInput
          label={t("test.template")}
          description={t("test.templateSays")}
          value={template}
          onChange={(event) => setTemplate(event.currentTarget.value)}
        />
      )}
      {(test.running || test.lines.length > 0) && (
        <ul className={styles.links} aria-live="polite">
          {test.lines.map((line, index) => (
            <Stage key={index} line={line} />
          ))}
          {test.running && (
            <li className={styles.asking}>
              <span className={styles.spinner} aria-hidden />
              {t("test.waits")}
            </li>
          )}
        </ul>
      )}
      <Failure error={test.error} />
      <div className={bots.buttons}>
        <Button type="submit" loading={test.running}>
          {t("test.do")}
        </Button>
      </div>
    </form>
  );
}

function Stage({ line }: { line: Line }) {
  const { t } = useTranslation("channels");
  if (line.error !== undefined) {
    return (
      <li className={styles.found} data-state="broken">
        <span className={styles.mark} aria-hidden>
          ✕
        </span>
        <span>
          {line.error} <span className={styles.mend}>{line.mend}</span>
        </span>
      </li>
    );
  }
  const state = line.last === "failed" ? "broken" : line.last === "late" ? "unknown" : "ok";
  return (
    <li className={styles.found} data-state={state}>
      <span className={styles.mark} aria-hidden>
        {state === "ok" ? "✓" : state === "broken" ? "✕" : "?"}
      </span>
      <span>
        {line.last === "late" ? t("test.late") : stageOf(t, line.stage ?? "")}{" "}
        <span className={bots.soft}>{t("test.after", { seconds: (line.seconds ?? 0).toFixed(1) })}</span>
        {line.detail !== "" && <span className={styles.detail}>{line.detail}</span>}
      </span>
    </li>
  );
}

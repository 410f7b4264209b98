import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { Dialog } from "../parts/Dialog";
import { Skeletons } from "../parts/Skeletons";
import { readVersion, useChange, useDiff } from "./api";
import type { Prompt, PromptHead } from "./api";
import { Failure } from "../parts/Failure";
import { State } from "../parts/State";
import { moment } from "./written";

import styles from "./Bots.module.css";
import editor from "./Editor.module.css";

interface Props {
  bot: string;
  prompt: Prompt;
  may: boolean;
  /** A version's text is to be written on. */
  onUse: (text: string) => void;
  /** Another version is in effect, with this text. */
  onShown: (text: string) => void;
}

const CONFIGURED = 0;

export function Versions({ bot, prompt, may, onUse, onShown }: Props) {
  const { t } = useTranslation("bots");
  const [compared, compare] = useState<number | null>(null);
  const [failure, fail] = useState<Error | null>(null);
  const show = useChange("bots", async (version: number) => {
    const params = { path: { bot_id: bot } };
    return unwrap(await api.POST("/api/v1/bots/{bot_id}/prompt/publish", { params, body: { version } }));
  });
  const use = (version: number) => {
    readVersion(bot, version).then((found) => onUse(found.text), fail);
  };
  const now = prompt.now.version;
  return (
    <section className={styles.section} style={{ marginBlockStart: 28 }}>
      <h2>{t("versions.title")}</h2>
      <Failure error={show.error ?? failure} />
      <ul className={editor.versions}>
        {prompt.versions.map((each) => (
          <li key={each.version}>
            <Said version={each} />
            {each.version !== now && (
              <Button size="compact-sm" variant="subtle" onClick={() => compare(each.version)}>
                {t("versions.compare")}
              </Button>
            )}
            {may && (
              <Button size="compact-sm" variant="subtle" onClick={() => use(each.version)}>
                {t("versions.use")}
              </Button>
            )}
            {may && each.state === "retired" && (
              <Button size="compact-sm" variant="subtle" onClick={() => back(each.version)}>
                {t("versions.back")}
              </Button>
            )}
          </li>
        ))}
        <li>
          <span className={editor.said}>
            {t("configuredPrompt")} {now === CONFIGURED && <InEffect />}
          </span>
          {now !== CONFIGURED && (
            <Button size="compact-sm" variant="subtle" onClick={() => compare(CONFIGURED)}>
              {t("versions.compare")}
            </Button>
          )}
          {may && now !== CONFIGURED && (
            <Button size="compact-sm" variant="subtle" onClick={() => back(CONFIGURED)}>
              {t("versions.back")}
            </Button>
          )}
        </li>
      </ul>
      {compared !== null && <Comparison bot={bot} before={now} after={compared} onClose={() => compare(null)} />}
    </section>
  );

  function back(version: number) {
    show.mutate(version, { onSuccess: (shown) => onShown((shown.draft ?? shown.now).text) });
  }
}

function InEffect() {
  const { t } = useTranslation("bots");
  return (
    <State is="good">{t("versions.now")}</State>
  );
}

function Said({ version }: { version: PromptHead }) {
  const { t, i18n } = useTranslation("bots");
  const at = version.published_at ?? version.created_at;
  return (
    <span className={editor.said}>
      {t("version", { number: version.version })}{" "}
      {version.state === "published" && <InEffect />}
      {version.state === "draft" && <State>{t("versions.draft")}</State>}{" "}
      <span className={styles.soft}>
        {moment(at, i18n.language)} · {t("versions.characters", { count: version.characters })}
      </span>
      {version.note !== "" && <div dir="auto">{version.note}</div>}
    </span>
  );
}

interface ComparisonProps {
  bot: string;
  before: number;
  after: number;
  onClose: () => void;
}

function Comparison({ bot, before, after, onClose }: ComparisonProps) {
  const { t } = useTranslation("bots");
  const diff = useDiff(bot, before, after);
  const name = (number: number) => (number === CONFIGURED ? t("configuredPrompt") : t("version", { number }));
  return (
    <Dialog title={t("versions.compared", { before: name(before), after: name(after) })} onClose={onClose}>
      {diff.isError && <Failure error={diff.error} />}
      {diff.isPending && <Skeletons rows={4} height={24} />}
      {diff.data?.lines.every((line) => line.mark === " ") && <p>{t("versions.same")}</p>}
      {diff.data !== undefined && (
        <div className={editor.diff} tabIndex={0} role="group" aria-label={t("versions.title")}>
          {diff.data.lines.map((line, index) => (
            <div key={index} data-mark={line.mark}>
              <i aria-hidden>{line.after ?? line.before}</i>
              <i aria-label={line.mark === "+" ? t("versions.added") : line.mark === "-" ? t("versions.removed") : undefined}>
                {line.mark}
              </i>
              <span dir="auto">{line.text || " "}</span>
            </div>
          ))}
        </div>
      )}
    </Dialog>
  );
}

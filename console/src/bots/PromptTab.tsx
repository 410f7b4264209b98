import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { Dialog } from "../parts/Dialog";
import { Skeletons } from "../parts/Skeletons";
import { useMay } from "../shell/me";
import { useChange, usePrompt } from "./api";
import type { Bot, Prompt } from "./api";
import { Editor, LONGEST } from "./Editor";
import { Failure } from "../parts/Failure";
import { Versions } from "./Versions";

import styles from "./Bots.module.css";

export function PromptTab({ bot }: { bot: Bot }) {
  const prompt = usePrompt(bot.id);
  if (prompt.isError) return <Failure error={prompt.error} again={() => void prompt.refetch()} />;
  if (prompt.data === undefined) return <Skeletons rows={1} height={420} />;
  return <Writing bot={bot} prompt={prompt.data} />;
}

/** What is written, and the draft that it began with: another one's draft is not written over. */
interface Begun {
  text: string;
  before: number | null;
}

function begun(prompt: Prompt): Begun {
  return { text: (prompt.draft ?? prompt.now).text, before: prompt.draft?.created_at ?? null };
}

function Writing({ bot, prompt }: { bot: Bot; prompt: Prompt }) {
  const { t } = useTranslation("bots");
  const may = useMay("admin");
  const [start, begin] = useState(() => begun(prompt));
  const [text, write] = useState(start.text);
  const [publishing, publish] = useState(false);
  const dirty = text !== start.text;
  const save = useChange("bots", (note: string) => saved(bot.id, text, note, start.before));
  useLeaving(dirty);
  const keep = (note = prompt.draft?.note ?? "") =>
    save.mutateAsync(note).then((draft) => begin({ text, before: draft.created_at }));
  const good = text.trim() !== "" && text.length <= LONGEST;
  return (
    <>
      <p className={styles.soft}>{saysNow(t, prompt)}</p>
      <Editor
        text={text}
        onChange={write}
        variables={prompt.variables}
        readOnly={!may}
        label={t("prompt.label", { bot: bot.id })}
        onSave={() => may && dirty && good && void keep().catch(() => undefined)}
      />
      <Failure error={save.error} />
      {may && (
        <div className={styles.buttons}>
          <Button disabled={!good || !(dirty || prompt.draft !== null)} onClick={() => publish(true)}>
            {t("prompt.publish")}
          </Button>
          <Button
            variant="default"
            disabled={!dirty || !good}
            loading={save.isPending}
            onClick={() => void keep().catch(() => undefined)}
          >
            {t("prompt.save")}
          </Button>
          <span className={styles.soft} role="status">
            {dirty ? t("prompt.unsaved") : prompt.draft !== null ? t("prompt.saved") : ""}
          </span>
        </div>
      )}
      {publishing && (
        <Publishing
          bot={bot.id}
          first={prompt.draft?.note ?? ""}
          keep={dirty ? keep : null}
          onDone={() => {
            begin({ text, before: null });
            publish(false);
          }}
          onClose={() => publish(false)}
        />
      )}
      <Versions bot={bot.id} prompt={prompt} may={may} onUse={write} onShown={(to) => begin({ text: to, before: null })} />
    </>
  );
}

type T = ReturnType<typeof useTranslation<"bots">>["t"];

function saysNow(t: T, prompt: Prompt): string {
  if (prompt.now.version > 0) return t("prompt.nowVersion", { number: prompt.now.version });
  return prompt.configured_in === "console" ? t("prompt.nowConsole") : t("prompt.nowFile");
}

async function saved(bot: string, text: string, note: string, before: number | null) {
  const params = { path: { bot_id: bot } };
  return unwrap(await api.PUT("/api/v1/bots/{bot_id}/prompt/draft", { params, body: { text, note, before } }));
}

interface PublishingProps {
  bot: string;
  first: string;
  /** Saves what is written; null: it is saved. */
  keep: ((note: string) => Promise<void>) | null;
  onDone: () => void;
  onClose: () => void;
}

function Publishing({ bot, first, keep, onDone, onClose }: PublishingProps) {
  const { t } = useTranslation(["bots", "shell"]);
  const [note, setNote] = useState(first);
  const publish = useChange("bots", async () => {
    if (keep !== null) await keep(note);
    const params = { path: { bot_id: bot } };
    return unwrap(await api.POST("/api/v1/bots/{bot_id}/prompt/publish", { params, body: { note } }));
  });
  return (
    <Dialog title={t("prompt.publishTitle")} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          publish.mutate(undefined, { onSuccess: onDone });
        }}
      >
        <p className={styles.soft}>{t("prompt.publishSays")}</p>
        <TextInput
          label={t("prompt.note")}
          description={t("prompt.noteSays")}
          maxLength={1000}
          dir="auto"
          data-autofocus
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Failure error={publish.error} />
        <div className={styles.buttons}>
          <Button type="submit" loading={publish.isPending}>
            {t("prompt.publishNow")}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t("shell:cancel")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The browser asks before what is written is lost. */
function useLeaving(dirty: boolean) {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}

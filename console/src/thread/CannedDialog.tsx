import { ActionIcon, Button, Group, Modal, Text, TextInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { queries } from "../api/queries";
import { Icon } from "../icons";
import { CANNED, useAllCanned } from "./useCanned";
import type { Canned } from "./useCanned";

import styles from "./CannedDialog.module.css";

type Draft = Pick<Canned, "shortcut" | "language" | "text"> & { id: string | null };
const EMPTY: Draft = { id: null, shortcut: "", language: "", text: "" };

/** The team's ready replies: written, changed and taken away. */
export default function CannedDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["thread", "shell"]);
  const all = useAllCanned(true).data?.items ?? [];
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [problem, setProblem] = useState<string | null>(null);

  async function run(what: () => Promise<unknown>) {
    setProblem(null);
    try {
      await what();
      setDraft(EMPTY);
    } catch (error) {
      setProblem((error as Error).message);
    }
    await queries.invalidateQueries({ queryKey: CANNED });
  }

  function keep() {
    const { id, ...body } = draft;
    void run(() =>
      id === null
        ? api.POST("/api/v1/canned-replies", { body })
        : api.PUT("/api/v1/canned-replies/{reply_id}", { params: { path: { reply_id: id } }, body }),
    );
  }

  function remove(id: string) {
    void run(() => api.DELETE("/api/v1/canned-replies/{reply_id}", { params: { path: { reply_id: id } } }));
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("ready.title")}
      closeButtonProps={{ "aria-label": t("shell:close") }}
    >
      {all.length === 0 && <Text size="sm">{t("ready.none")}</Text>}
      <ul className={styles.list}>
        {all.map((one) => (
          <li key={one.id}>
            <span className={styles.words}>
              <b>/{one.shortcut}</b> {one.language !== "" && <i>{one.language}</i>}
              <span dir="auto">{one.text}</span>
            </span>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("ready.change", { name: one.shortcut })}
              onClick={() => setDraft(one)}
            >
              <Icon name="edit" size={16} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("ready.remove", { name: one.shortcut })}
              onClick={() => remove(one.id)}
            >
              <Icon name="trash" size={16} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          keep();
        }}
      >
        <Group grow align="start">
          <TextInput
            label={t("ready.shortcut")}
            leftSection="/"
            value={draft.shortcut}
            onChange={(event) => setDraft({ ...draft, shortcut: event.currentTarget.value })}
            maxLength={40}
            required
            data-autofocus
          />
          <TextInput
            label={t("ready.language")}
            value={draft.language}
            onChange={(event) => setDraft({ ...draft, language: event.currentTarget.value })}
            maxLength={20}
          />
        </Group>
        <Textarea
          label={t("ready.text")}
          value={draft.text}
          onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })}
          maxLength={4096}
          autosize
          minRows={2}
          maxRows={8}
          dir="auto"
          required
        />
        {problem !== null && (
          <Text size="sm" c="var(--wrong)" role="alert">
            {problem}
          </Text>
        )}
        <Group justify="flex-end">
          {draft.id !== null && (
            <Button variant="default" onClick={() => setDraft(EMPTY)}>
              {t("shell:cancel")}
            </Button>
          )}
          <Button type="submit">{t(draft.id === null ? "ready.add" : "shell:save")}</Button>
        </Group>
      </form>
    </Modal>
  );
}

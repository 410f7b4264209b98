import { Button, FileInput, Group, Modal, NativeSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { send } from "./useFile";
import type { Kept } from "./useFile";
import type { Saying } from "./useSaying";
import type { Head } from "./useThread";

import styles from "./TemplatePicker.module.css";

type Template = components["schemas"]["TemplateTold"];
type Given = components["schemas"]["TemplateGiven"];
const SETTLED_MS = 300;

/** Choose a template, fill it in, see what arrives. */
export default function TemplatePicker({ head, saying, onClose }: { head: Head; saying: Saying; onClose: () => void }) {
  const { t } = useTranslation(["thread", "shell"]);
  const [chosen, setChosen] = useState("");
  const params = { path: { conversation_id: head.id } };
  const { data, error } = useQuery({
    queryKey: ["thread", head.id, "templates"],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/v1/conversations/{conversation_id}/templates", { params, signal })),
  });
  const all = data?.items ?? [];
  const template = all.find((each) => keyOf(each) === chosen) ?? all.find(({ why_not }) => why_not === "");
  return (
    <Modal opened onClose={onClose} title={t("template.title")} closeButtonProps={{ "aria-label": t("shell:close") }}>
      {error !== null && <Text c="var(--wrong)">{error.message}</Text>}
      {data !== undefined && all.length === 0 && <Text size="sm">{t("template.none")}</Text>}
      {all.length > 0 && (
        <NativeSelect
          label={t("template.choose")}
          value={template === undefined ? "" : keyOf(template)}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={all.map((each) => ({ value: keyOf(each), label: `${each.name} (${each.language})` }))}
        />
      )}
      {template !== undefined && (
        <Filled key={keyOf(template)} head={head} template={template} saying={saying} onClose={onClose} />
      )}
    </Modal>
  );
}

function keyOf({ name, language }: Template): string {
  return `${name} ${language}`;
}

interface FilledProps {
  head: Head;
  template: Template;
  saying: Saying;
  onClose: () => void;
}

function Filled({ head, template, saying, onClose }: FilledProps) {
  const { t } = useTranslation(["thread", "shell"]);
  const [values, setValues] = useState<Record<string, string>>({});
  const [header, setHeader] = useState("");
  const [kept, setKept] = useState<Kept | null>(null);
  const [buttons, setButtons] = useState<Record<number, string>>({});
  const given = givenOf(template, values, header, kept, buttons);
  const [settled] = useDebouncedValue(given, SETTLED_MS);
  const params = { path: { conversation_id: head.id } };
  const preview = useQuery({
    queryKey: ["thread", head.id, "preview", settled],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.POST("/api/v1/conversations/{conversation_id}/templates/preview", { params, body: settled, signal }),
      ),
    placeholderData: (before) => before,
  });
  const wrongs = template.why_not === "" ? (preview.data?.wrongs ?? []) : [template.why_not];
  const file = template.header !== null && ["image", "video", "document"].includes(template.header);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        saying.say(preview.data?.shown ?? template.name, { text: "", template: given });
        onClose();
      }}
    >
      {file && (
        <FileInput
          label={t("template.headerFile", { kind: template.header ?? "" })}
          onChange={(picked) => {
            setKept(null);
            if (picked !== null) void send(head.id, picked).then(setKept, () => setKept(null));
          }}
        />
      )}
      {template.header_parameters.map((name) => (
        <TextInput
          key={name}
          label={t("template.header", { name })}
          value={header}
          onChange={(event) => setHeader(event.currentTarget.value)}
          dir="auto"
        />
      ))}
      {template.parameters.map((name) => (
        <TextInput
          key={name}
          label={t("template.value", { name })}
          value={values[name] ?? ""}
          onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          dir="auto"
          data-autofocus
        />
      ))}
      {template.buttons.map(({ wants, text }, index) =>
        wants ? (
          <TextInput
            key={index}
            label={t("template.button", { name: text })}
            value={buttons[index] ?? ""}
            onChange={(event) => setButtons({ ...buttons, [index]: event.currentTarget.value })}
          />
        ) : null,
      )}
      <div>
        <Text size="sm" fw={500}>
          {t("template.preview")}
        </Text>
        <div className={styles.preview} dir="auto" data-testid="preview">
          {preview.data?.shown ?? template.text}
        </div>
      </div>
      <ul className={styles.wrongs} role="status">
        {wrongs.map((wrong) => (
          <li key={wrong}>{wrong}</li>
        ))}
      </ul>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("shell:cancel")}
        </Button>
        <Button type="submit" disabled={wrongs.length > 0 || preview.data === undefined || settled !== given}>
          {t("template.send")}
        </Button>
      </Group>
    </form>
  );
}

/** The same object as long as nothing has changed, so that one can tell whether the preview is of this. */
const made = new Map<string, Given>();

function givenOf(
  template: Template,
  values: Record<string, string>,
  header: string,
  kept: Kept | null,
  buttons: Record<number, string>,
): Given {
  const named = template.named
    ? Object.fromEntries(template.parameters.map((name) => [name, values[name] ?? ""]))
    : {};
  const given: Given = {
    name: template.name,
    language: template.language,
    body: template.named ? [] : template.parameters.map((name) => values[name] ?? ""),
    named,
    header: template.header_parameters.length > 0 ? header : null,
    header_file: kept === null ? null : { key: kept.key, voice: false },
    buttons: Object.entries(buttons)
      .filter(([, value]) => value !== "")
      .map(([index, value]) => ({ index: Number(index), value })),
  };
  const key = JSON.stringify(given);
  const known = made.get(key);
  if (known !== undefined) return known;
  made.clear();
  made.set(key, given);
  return given;
}

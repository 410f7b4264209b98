import { Button, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Failure } from "../parts/Failure";
import { useMay } from "../shell/me";
import { changeContact, useChange } from "./api";
import type { Change, Contact, ContactField } from "./api";

import styles from "./Contacts.module.css";

const EMPTY = { bot: "", name: "", value: "" };
const NAME = "[A-Za-z][A-Za-z0-9_]*";

/** Who somebody is: what they are called, how they are tagged, and what bots know. */
export function Known({ contact }: { contact: Contact }) {
  const { t } = useTranslation(["contacts", "shell"]);
  const may = useMay("agent");
  const [name, setName] = useState(contact.name ?? "");
  const [tags, setTags] = useState(contact.tags);
  const [values, setValues] = useState<Record<string, string>>({});
  const [added, add] = useState({ ...EMPTY, bot: contact.bots[0] ?? "" });
  const changes = changed(contact, name, tags, values, added);
  const save = useChange(() => changeContact(contact.id, changes));
  return (
    <form
      className={styles.panel}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <h2>{t("known.title")}</h2>
      <TextInput
        label={t("known.name")}
        dir="auto"
        maxLength={200}
        readOnly={!may}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TagsInput
        label={t("known.tags")}
        description={t("known.tagsSay")}
        dir="auto"
        maxTags={50}
        readOnly={!may}
        value={tags}
        onChange={setTags}
      />
      {contact.fields.length === 0 && <p className={styles.soft}>{t("known.none")}</p>}
      {contact.fields.map((field) => (
        <div key={keyOf(field)} className={styles.pair}>
          <TextInput
            label={field.name}
            description={t("known.by", { bot: field.bot })}
            dir="auto"
            maxLength={2000}
            readOnly={!may || typeof field.value === "object"}
            value={values[keyOf(field)] ?? written(field.value)}
            onChange={(event) => setValues({ ...values, [keyOf(field)]: event.currentTarget.value })}
          />
          {may && (
            <Button
              variant="subtle"
              c="var(--wrong)"
              aria-label={t("known.forget", { field: field.name })}
              onClick={() => setValues({ ...values, [keyOf(field)]: "" })}
            >
              {t("shell:remove")}
            </Button>
          )}
        </div>
      ))}
      {may && contact.bots.length > 0 && (
        <fieldset className={styles.three} style={{ border: 0, margin: 0, padding: 0 }}>
          <legend className={styles.soft}>{t("known.add")}</legend>
          <TextInput
            label={t("known.field")}
            pattern={NAME}
            title={t("known.fieldSays")}
            maxLength={40}
            value={added.name}
            onChange={(event) => add({ ...added, name: event.currentTarget.value })}
          />
          <TextInput
            label={t("known.value")}
            dir="auto"
            maxLength={2000}
            value={added.value}
            onChange={(event) => add({ ...added, value: event.currentTarget.value })}
          />
          {contact.bots.length > 1 && (
            <Select
              label={t("known.bot")}
              allowDeselect={false}
              data={contact.bots}
              value={added.bot}
              onChange={(bot) => add({ ...added, bot: bot ?? added.bot })}
            />
          )}
        </fieldset>
      )}
      <Failure error={save.error} />
      {may && (
        <div className={styles.buttons}>
          <Button type="submit" loading={save.isPending} disabled={Object.keys(changes).length === 0}>
            {t("shell:save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function keyOf(field: ContactField): string {
  return `${field.bot} ${field.name}`;
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Of the kind that it was: a number stays a number if it is one still. Nothing: it is forgotten. */
function read(before: unknown, text: string): string | number | boolean | null {
  const said = text.trim();
  if (said === "") return null;
  if (typeof before === "number" && Number.isFinite(Number(said))) return Number(said);
  if (typeof before === "boolean" && (said === "true" || said === "false")) return said === "true";
  return said;
}

/** Only what is otherwise than it was. */
function changed(
  contact: Contact,
  name: string,
  tags: string[],
  values: Record<string, string>,
  added: typeof EMPTY,
): Partial<Change> {
  const fields = contact.fields
    .filter((field) => values[keyOf(field)] !== undefined && values[keyOf(field)] !== written(field.value))
    .map((field) => ({ bot: field.bot, name: field.name, value: read(field.value, values[keyOf(field)] ?? "") }));
  if (added.name !== "" && added.value.trim() !== "") {
    fields.push({ bot: added.bot, name: added.name, value: added.value.trim() });
  }
  return {
    ...(name.trim() !== "" && name !== (contact.name ?? "") && { name }),
    ...(fields.length > 0 && { fields }),
    ...(tags.join("\n") !== contact.tags.join("\n") && { tags }),
  };
}

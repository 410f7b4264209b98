import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/Failure";
import { Skeletons } from "../parts/Skeletons";
import { shownName } from "../shell/names";
import { mergeContacts, useChange, useContacts } from "./api";
import type { Contact } from "./api";

import styles from "./Contacts.module.css";

const TYPING_MS = 250;

/** Another contact is the same person. */
export function Merge({ contact }: { contact: Contact }) {
  const { t } = useTranslation("contacts");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t("merge.button")}
      </Button>
      {open && (
        <Dialog title={t("merge.title")} onClose={() => setOpen(false)}>
          <Choosing contact={contact} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

function Choosing({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const { t } = useTranslation("contacts");
  const [words, setWords] = useState("");
  const [q] = useDebouncedValue(words.trim(), TYPING_MS);
  const found = useContacts(q, "");
  const merge = useChange((other: string) => mergeContacts(contact.id, other));
  const others = found.data?.pages[0]?.items.filter((each) => each.id !== contact.id).slice(0, 8);
  return (
    <div className={styles.lines}>
      <p className={styles.soft}>{t("merge.says")}</p>
      <TextInput
        type="search"
        dir="auto"
        label={t("search")}
        placeholder={t("searchHow")}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      {found.isPending && <Skeletons rows={3} height={36} />}
      {others?.length === 0 && <p className={styles.soft}>{t("nobody.title")}</p>}
      <ul className={styles.lines}>
        {others?.map((each) => {
          const name = shownName(each.name, each.address || t("nameless"));
          return (
            <li key={each.id}>
              <span>
                <bdi>{name}</bdi>
                <span className={styles.facts}>
                  <bdi>{each.address}</bdi> {each.channels.join(", ")}
                </span>
              </span>
              <Button
                className={styles.end ?? ""}
                size="compact-sm"
                variant="default"
                loading={merge.isPending && merge.variables === each.id}
                aria-label={t("merge.same", { name })}
                onClick={() => merge.mutate(each.id, { onSuccess: onDone })}
              >
                {t("merge.do")}
              </Button>
            </li>
          );
        })}
      </ul>
      <Failure error={merge.error} />
    </div>
  );
}

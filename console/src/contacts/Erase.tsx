import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/Failure";
import { eraseContact, useChange } from "./api";
import type { Contact } from "./api";

import styles from "./Contacts.module.css";

/** Nothing is kept of somebody any more; the word is typed, so that nobody does it by a slip. */
export function Erase({ contact }: { contact: Contact }) {
  const { t } = useTranslation(["contacts", "shell"]);
  const [, go] = useLocation();
  const [open, setOpen] = useState(false);
  const [word, setWord] = useState("");
  const erase = useChange(() => eraseContact(contact.id));
  return (
    <>
      <Button variant="default" c="var(--wrong)" onClick={() => setOpen(true)}>
        {t("erase.button")}
      </Button>
      {open && (
        <Dialog title={t("erase.title")} onClose={() => setOpen(false)}>
          <form
            className={styles.lines}
            onSubmit={(event) => {
              event.preventDefault();
              erase.mutate(undefined, { onSuccess: () => go("/contacts", { replace: true }) });
            }}
          >
            <p>{t("erase.says")}</p>
            <TextInput
              label={t("erase.type", { word: t("erase.word") })}
              autoComplete="off"
              value={word}
              onChange={(event) => setWord(event.currentTarget.value)}
            />
            <Failure error={erase.error} />
            <div className={styles.buttons}>
              <Button type="submit" color="red.9" loading={erase.isPending} disabled={word.trim() !== t("erase.word")}>
                {t("erase.button")}
              </Button>
              <Button variant="default" onClick={() => setOpen(false)}>
                {t("shell:cancel")}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

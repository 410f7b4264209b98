import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { shortTime } from "../inbox/times";
import { Failure } from "../parts/Failure";
import { Skeletons } from "../parts/Skeletons";
import { State } from "../parts/State";
import { Face } from "../shell/Face";
import { shownName } from "../shell/names";
import { Page } from "../shell/Page";
import { Says } from "../shell/Says";
import { useContacts } from "./api";
import type { ContactListed } from "./api";

import styles from "./Contacts.module.css";

const TYPING_MS = 250;

export function ContactList() {
  const { t } = useTranslation(["contacts", "shell"]);
  const [words, setWords] = useState("");
  const [tag, setTag] = useState("");
  const [q] = useDebouncedValue(words.trim(), TYPING_MS);
  const [tagged] = useDebouncedValue(tag.trim(), TYPING_MS);
  const contacts = useContacts(q, tagged);
  const found = contacts.data?.pages.flatMap((page) => page.items);
  return (
    <Page title={t("title")}>
      <div className={styles.find} role="search">
        <TextInput
          type="search"
          dir="auto"
          label={t("search")}
          placeholder={t("searchHow")}
          maxLength={200}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <TextInput
          type="search"
          dir="auto"
          label={t("tag")}
          placeholder={t("tagHow")}
          maxLength={60}
          value={tag}
          onChange={(event) => setTag(event.currentTarget.value)}
        />
      </div>
      {contacts.isError && <Failure error={contacts.error} again={() => void contacts.refetch()} />}
      {contacts.isPending && <Skeletons rows={6} height={56} />}
      {found?.length === 0 &&
        (q !== "" || tagged !== "" ? (
          <Says title={t("nobody.title")}>{t("nobody.says")}</Says>
        ) : (
          <Says title={t("none.title")}>{t("none.says")}</Says>
        ))}
      {found !== undefined && found.length > 0 && (
        <ul className={styles.list}>
          {found.map((each) => (
            <li key={each.id}>
              <Row contact={each} />
            </li>
          ))}
        </ul>
      )}
      {contacts.hasNextPage && (
        <Button mt="md" variant="default" loading={contacts.isFetchingNextPage} onClick={() => void contacts.fetchNextPage()}>
          {t("shell:more")}
        </Button>
      )}
    </Page>
  );
}

function Row({ contact }: { contact: ContactListed }) {
  const { t, i18n } = useTranslation("contacts");
  const name = shownName(contact.name, contact.address || t("nameless"));
  return (
    <Link href={`/contacts/${contact.id}`} className={styles.row}>
      <Face name={name} size={38} />
      <span>
        <bdi className={styles.who}>{name}</bdi>
        <span className={styles.facts}>
          {name !== contact.address && <bdi>{contact.address}</bdi>}
          <span>{contact.channels.join(", ")}</span>
          {contact.conversations > 1 && <span>{t("conversations", { count: contact.conversations })}</span>}
          {contact.tags.map((tag) => (
            <State key={tag}>
              <bdi>{tag}</bdi>
            </State>
          ))}
          {contact.opted_out && <State is="bad">{t("optedOut")}</State>}
        </span>
      </span>
      <time className={styles.soft} dateTime={new Date(contact.last_at * 1000).toISOString()}>
        {shortTime(contact.last_at, Date.now() / 1000, i18n.language)}
      </time>
    </Link>
  );
}

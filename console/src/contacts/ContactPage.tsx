import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Problem } from "../api/client";
import { workspace } from "../api/workspace";
import { exactly } from "../inbox/times";
import { Failure } from "../parts/Failure";
import { Skeletons } from "../parts/Skeletons";
import { State } from "../parts/State";
import { shownName } from "../shell/names";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { region } from "../time";
import { splitContact, useChange, useContact } from "./api";
import type { Contact } from "./api";
import { Consents } from "./Consents";
import { Erase } from "./Erase";
import { Known } from "./Known";
import { Merge } from "./Merge";

import styles from "./Contacts.module.css";

export function ContactPage({ id }: { id: string }) {
  const { t } = useTranslation("contacts");
  const [, go] = useLocation();
  const contact = useContact(id);
  if (contact.error instanceof Problem && contact.error.status === 404) {
    return (
      <Says title={t("gone.title")} action={<SaysButton onClick={() => go("/contacts")}>{t("gone.home")}</SaysButton>}>
        {t("gone.says")}
      </Says>
    );
  }
  const found = contact.data;
  const name = found === undefined ? "…" : shownName(found.name, addressOf(found.addresses[0]?.address) || t("nameless"));
  return (
    <Page title={name} wide actions={found !== undefined && <Actions contact={found} />}>
      {contact.isError && <Failure error={contact.error} again={() => void contact.refetch()} />}
      {contact.isPending && <Skeletons rows={4} height={120} />}
      {found !== undefined && (
        <div className={styles.columns}>
          <Known key={JSON.stringify([found.name, found.fields, found.tags])} contact={found} />
          <Conversations contact={found} />
          <Consents contact={found} />
          <Payments contact={found} />
        </div>
      )}
    </Page>
  );
}

/** An address as people read it. */
export function addressOf(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("phone:") ? `+${address.slice("phone:".length)}` : address;
}

function Actions({ contact }: { contact: Contact }) {
  const { t } = useTranslation("contacts");
  if (!useMay("admin")) return null;
  const id = workspace();
  const query = id === null ? "" : `?workspace=${encodeURIComponent(id)}`;
  return (
    <>
      <Button component="a" variant="default" href={`/api/v1/contacts/${contact.id}/export${query}`} download>
        {t("export")}
      </Button>
      <Merge contact={contact} />
      <Erase contact={contact} />
    </>
  );
}

function Conversations({ contact }: { contact: Contact }) {
  const { t, i18n } = useTranslation("contacts");
  const may = useMay("admin");
  const [, go] = useLocation();
  const split = useChange((conversation: string) => splitContact(contact.id, conversation));
  return (
    <section className={styles.panel}>
      <h2>{t("where")}</h2>
      <ul className={styles.lines}>
        {contact.conversations.map((each) => {
          const addresses = contact.addresses.filter((one) => one.conversation === each.id);
          return (
            <li key={each.id}>
              <span>
                <Link href={`/conversations/${each.id}`}>{each.channel_id}</Link>
                <span className={styles.facts}>
                  {addresses.map((one) => (
                    <bdi key={one.address}>{addressOf(one.address)}</bdi>
                  ))}
                  <span>{t("lastAt", { at: exactly(each.last_at, i18n.language) })}</span>
                </span>
              </span>
              {may && contact.conversations.length > 1 && (
                <Button
                  className={styles.end ?? ""}
                  size="compact-sm"
                  variant="subtle"
                  loading={split.isPending && split.variables === each.id}
                  aria-label={t("split.label", { channel: each.channel_id })}
                  onClick={() => split.mutate(each.id, { onSuccess: (part) => go(`/contacts/${part}`) })}
                >
                  {t("split.button")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {may && contact.conversations.length > 1 && <p className={styles.soft}>{t("split.says")}</p>}
      <Failure error={split.error} />
    </section>
  );
}

function Payments({ contact }: { contact: Contact }) {
  const { t, i18n } = useTranslation("contacts");
  if (contact.payments.length === 0) return null;
  return (
    <section className={styles.panel}>
      <h2>{t("payments")}</h2>
      <ul className={styles.lines}>
        {contact.payments.map((each) => (
          <li key={each.id}>
            <span>
              <bdi>{each.description || each.id}</bdi>
              <span className={styles.facts}>
                <span>{money(each.amount, each.currency, i18n.language)}</span>
                <span>{exactly(each.created_at, i18n.language)}</span>
              </span>
            </span>
            <span className={styles.end}>
              <State {...(each.state === "paid" && { is: "good" as const })}>{each.state}</State>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** An amount in the currency's smallest unit, which may be a hundredth, a thousandth or the whole. */
function money(amount: number, currency: string, language: string): string {
  try {
    const words = new Intl.NumberFormat(region(language), { style: "currency", currency });
    const digits = words.resolvedOptions().maximumFractionDigits ?? 2;
    return words.format(amount / 10 ** digits);
  } catch {
    return `${amount} ${currency}`;
  }
}

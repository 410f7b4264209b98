import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { Dialog } from "../parts/Dialog";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { useChange, useProviders, valueOf, wrongAt, wrongElsewhere } from "./api";
import type { Given, Provider } from "./api";
import { Failure } from "../parts/Failure";
import { AreaTabs } from "./Tabs";

import styles from "./Bots.module.css";

const KINDS = [
  { value: "openrouter", label: "OpenRouter" },
  { value: "openai", label: "OpenAI" },
  { value: "anthropic", label: "Anthropic" },
  { value: "google", label: "Google Gemini" },
  { value: "azure", label: "Azure OpenAI" },
  { value: "openai_compatible", label: "OpenAI-compatible" },
];
const NEEDS_ADDRESS = ["azure", "openai_compatible"];
const FIELDS = ["name", "kind", "api_key", "base_url"];

/** Whose models bots may ask. */
export function Providers() {
  const { t } = useTranslation("bots");
  const may = useMay("admin");
  const providers = useProviders();
  const [edited, edit] = useState<Provider | "new" | null>(null);
  const add = () => edit("new");
  return (
    <Page title={t("providers.title")} actions={may && <Button onClick={add}>{t("providers.add")}</Button>}>
      <AreaTabs />
      {providers.isError && <Failure error={providers.error} again={() => void providers.refetch()} />}
      {providers.isPending && <Skeletons rows={3} height={52} />}
      {providers.data?.length === 0 && (
        <Says title={t("providers.none.title")} action={may && <SaysButton onClick={add}>{t("providers.add")}</SaysButton>}>
          {t("providers.none.says")}
        </Says>
      )}
      <ul className={styles.list}>
        {providers.data?.map((each) => (
          <li key={each.name} className={styles.card}>
            <span className={styles.top}>
              <bdi className={styles.name}>{each.name}</bdi>
              <span className={styles.soft}>{labelOf(each.kind)}</span>
              <span className={`${styles.end} ${styles.soft}`}>
                {each.source === "file" ? (
                  t("inFile")
                ) : (
                  <Button size="compact-sm" variant="subtle" disabled={!may} onClick={() => edit(each)}>
                    {t("providers.edit")}
                  </Button>
                )}
              </span>
            </span>
            {each.problems.map((wrong) => (
              <span key={wrong.where} className={styles.wrong}>
                {t("doesNotCount")} {wrong.where} {wrong.problem}. {wrong.mend}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {edited !== null && <Form provider={edited === "new" ? null : edited} onClose={() => edit(null)} />}
    </Page>
  );
}

function labelOf(kind: string): string {
  return KINDS.find((each) => each.value === kind)?.label ?? kind;
}

function Form({ provider, onClose }: { provider: Provider | null; onClose: () => void }) {
  const { t } = useTranslation(["bots", "shell"]);
  const [name, setName] = useState(provider?.name ?? "");
  const [kind, setKind] = useState(provider?.kind ?? "openrouter");
  const [key, setKey] = useState("");
  const [address, setAddress] = useState(() => (provider === null ? "" : String(valueOf(provider, "base_url") ?? "")));
  const save = useChange("bots", () => saved(provider, name, kind, key, address));
  const remove = useChange("bots", async () => {
    await api.DELETE("/api/v1/providers/{provider}", { params: { path: { provider: name } } });
  });
  return (
    <Dialog title={provider === null ? t("providers.add") : provider.name} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined, { onSuccess: onClose });
        }}
      >
        {provider === null && (
          <>
            <Select
              label={t("providers.kind")}
              allowDeselect={false}
              comboboxProps={{ withinPortal: false }}
              data={KINDS}
              value={kind}
              onChange={(next) => setKind(next ?? kind)}
            />
            <TextInput
              required
              label={t("new.name")}
              description={t("providers.nameSays")}
              value={name}
              error={wrongAt(save.error, "name")}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </>
        )}
        <TextInput
          type="password"
          autoComplete="off"
          required={provider === null && kind !== "openai_compatible"}
          label={t("providers.key")}
          description={provider === null ? t("providers.keySays") : t("providers.keyStays")}
          value={key}
          error={wrongAt(save.error, "api_key")}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          required={NEEDS_ADDRESS.includes(kind)}
          type="url"
          label={t("providers.address")}
          description={t("providers.addressSays")}
          value={address}
          error={wrongAt(save.error, "base_url")}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <Failure error={wrongElsewhere(save.error, ...FIELDS) ?? remove.error} />
        <div className={styles.buttons}>
          <Button type="submit" loading={save.isPending}>
            {t("shell:save")}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t("shell:cancel")}
          </Button>
          {provider !== null && (
            <Button
              variant="default"
              c="var(--wrong)"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: onClose })}
            >
              {t("shell:remove")}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

async function saved(provider: Provider | null, name: string, kind: string, key: string, address: string) {
  const settings: Given = { ...(key === "" ? {} : { api_key: key }), ...(address === "" ? {} : { base_url: address }) };
  if (provider === null) {
    unwrap(await api.POST("/api/v1/providers", { body: { name, kind, settings } }));
    return;
  }
  if (provider.revision === null) return;
  const body = { revision: provider.revision, set: settings, unset: address === "" ? ["base_url"] : [] };
  await api.PATCH("/api/v1/providers/{provider}", { params: { path: { provider: name } }, body });
}

import { Autocomplete, Button, Radio, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Page } from "../shell/Page";
import { makeBot, useChange, useProviders, wrongAt, wrongElsewhere } from "./api";
import type { Given } from "./api";
import { Failure } from "../parts/Failure";

import styles from "./Bots.module.css";

const KINDS = ["agent", "flow", "remote"] as const;
type Kind = (typeof KINDS)[number];
const FIELDS = ["name", "prompt", "models", "base_url", "api_key"];

const EMPTY = { name: "", prompt: "", model: "", base_url: "", path: "/chat", answer: "answer", api_key: "" };

/** A new bot: its kind, its name, and the least that the kind needs. */
export function NewBot() {
  const { t } = useTranslation(["bots", "shell"]);
  const [, go] = useLocation();
  const [kind, setKind] = useState<Kind>("agent");
  const [given, give] = useState({ ...EMPTY });
  const providers = useProviders();
  const make = useChange("bots", () => makeBot(given.name, kind, settingsOf(kind, given)));
  const field = (name: keyof typeof given) => ({
    value: given[name],
    onChange: (event: { currentTarget: { value: string } }) => give({ ...given, [name]: event.currentTarget.value }),
    error: wrongAt(make.error, name),
  });
  return (
    <Page title={t("new.title")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(undefined, { onSuccess: (made) => go(`/bots/${made}`, { replace: true }) });
        }}
      >
        <Radio.Group label={t("new.kind")} value={kind} onChange={(next) => setKind(next as Kind)}>
          {KINDS.map((each) => (
            <Radio key={each} value={each} mt="xs" label={t(`kinds.${each}`)} description={t(`new.kinds.${each}`)} />
          ))}
        </Radio.Group>
        <TextInput required label={t("new.name")} description={t("new.nameSays")} maxLength={63} {...field("name")} />
        {kind === "agent" && (
          <>
            <Textarea
              required
              autosize
              minRows={5}
              maxRows={16}
              dir="auto"
              label={t("new.prompt")}
              description={t("new.promptSays")}
              {...field("prompt")}
            />
            <Autocomplete
              required
              label={t("new.model")}
              description={t("new.modelSays")}
              placeholder={t("models.example")}
              data={providers.data?.map((each) => `${each.name}/`) ?? []}
              value={given.model}
              error={wrongAt(make.error, "models")}
              onChange={(model) => give({ ...given, model })}
            />
            {providers.data?.length === 0 && (
              <p className={styles.soft}>
                {t("new.noProvider")} <Link href="/bots/-/providers">{t("providers.add")}</Link>
              </p>
            )}
          </>
        )}
        {kind === "remote" && (
          <>
            <TextInput required type="url" label={t("new.base_url")} description={t("new.base_urlSays")} {...field("base_url")} />
            <div className={styles.pair}>
              <TextInput required label={t("new.path")} description={t("new.pathSays")} {...field("path")} />
              <TextInput required label={t("new.answer")} description={t("new.answerSays")} {...field("answer")} />
            </div>
            <TextInput type="password" autoComplete="off" label={t("new.api_key")} {...field("api_key")} />
          </>
        )}
        <Failure error={wrongElsewhere(make.error, ...FIELDS)} />
        <div className={styles.buttons}>
          <Button type="submit" loading={make.isPending}>
            {t("new.button")}
          </Button>
          <Button variant="default" onClick={() => go("/bots")}>
            {t("shell:cancel")}
          </Button>
        </div>
      </form>
    </Page>
  );
}

function settingsOf(kind: Kind, given: typeof EMPTY): Given {
  if (kind === "agent") return { prompt: given.prompt, models: given.model === "" ? [] : [given.model] };
  if (kind === "flow") return {};
  const key = given.api_key === "" ? {} : { api_key: given.api_key };
  const calls = { paths: { message: `POST ${given.path}` }, bodies: { message: { messages: "{history}", text: "{text}" } } };
  return { base_url: given.base_url, ...calls, fields: { answer: given.answer }, ...key };
}

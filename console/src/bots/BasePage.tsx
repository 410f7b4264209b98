import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api } from "../api/client";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says } from "../shell/Says";
import { useMay } from "../shell/me";
import { searchBase, useBases, useChange, useDocuments } from "./api";
import type { Base, Document } from "./api";
import { Failure } from "../parts/Failure";
import { State } from "../parts/State";
import { Upload } from "./Upload";
import { moment, size } from "./written";

import styles from "./Bots.module.css";

export function BasePage({ name }: { name: string }) {
  const { t } = useTranslation("bots");
  const [, go] = useLocation();
  const may = useMay("admin");
  const bases = useBases();
  const base = bases.data?.find((each) => each.name === name);
  const remove = useChange("knowledge", async () => {
    await api.DELETE("/api/v1/knowledge/{base}", { params: { path: { base: name } } });
  });
  if (bases.data !== undefined && base === undefined) {
    return <Says title={t("gone.title")}>{t("gone.says", { bot: name })}</Says>;
  }
  const deletes = may && base?.source === "console" && (
    <Button
      variant="default"
      c="var(--wrong)"
      loading={remove.isPending}
      onClick={() => confirm(t("knowledge.deleteSays", { base: name })) && remove.mutate(undefined, { onSuccess: () => go("/bots/-/knowledge") })}
    >
      {t("knowledge.delete")}
    </Button>
  );
  return (
    <Page title={name} actions={deletes}>
      {bases.isError && <Failure error={bases.error} again={() => void bases.refetch()} />}
      <Failure error={remove.error} />
      {base === undefined ? <Skeletons rows={3} height={64} /> : <Shown base={base} may={may} />}
    </Page>
  );
}

function Shown({ base, may }: { base: Base; may: boolean }) {
  const { t } = useTranslation("bots");
  return (
    <>
      <p className={styles.facts}>
        {base.folder !== "" && <span>{t("knowledge.follows", { folder: base.folder })}</span>}
        <span>{t("knowledge.passages", { count: base.passages })}</span>
        {base.embeddings !== "" && <span>{t("knowledge.vectors", { model: base.embeddings, left: base.without_vector })}</span>}
        <span>
          {base.used_by.length > 0 ? t("knowledge.usedBy", { bots: base.used_by.join(", ") }) : t("knowledge.usedByNone")}
        </span>
      </p>
      <Search base={base.name} />
      <section className={styles.section}>
        <h2>{t("documents.title")}</h2>
        {may && <Upload base={base.name} />}
        <Documents base={base.name} may={may} />
      </section>
    </>
  );
}

function Search({ base }: { base: string }) {
  const { t } = useTranslation("bots");
  const [question, ask] = useState("");
  const search = useMutation({ mutationFn: () => searchBase(base, question) });
  return (
    <section className={styles.section}>
      <form
        className={styles.buttons}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (question.trim() !== "") search.mutate(undefined);
        }}
      >
        <TextInput
          style={{ flex: "1 1 16rem" }}
          type="search"
          dir="auto"
          aria-label={t("search.label")}
          placeholder={t("search.placeholder")}
          maxLength={2000}
          value={question}
          onChange={(event) => ask(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={search.isPending}>
          {t("search.button")}
        </Button>
      </form>
      <Failure error={search.error} />
      <div aria-live="polite">
        {search.data?.passages.length === 0 && <p>{t("search.nothing")}</p>}
        <ol className={styles.list} style={{ marginBlockStart: 12 }}>
          {search.data?.passages.map((each, index) => (
            <li key={index}>
              <blockquote className={styles.passage} dir="auto">
                {each.text}
                <footer>
                  <bdi>{each.source}</bdi> · {t("search.covers", { share: Math.round(each.covers * 100) })}
                </footer>
              </blockquote>
            </li>
          ))}
        </ol>
        {search.data?.told.map((each) => (
          <p key={each} className={styles.soft}>
            {each}
          </p>
        ))}
      </div>
    </section>
  );
}

function Documents({ base, may }: { base: string; may: boolean }) {
  const { t } = useTranslation(["bots", "shell"]);
  const [starts, turn] = useState<string[]>([]);
  const page = useDocuments(base, starts.at(-1) ?? null);
  if (page.isError) return <Failure error={page.error} again={() => void page.refetch()} />;
  if (page.data === undefined) return <Skeletons rows={4} height={44} />;
  if (page.data.items.length === 0 && starts.length === 0) return <p className={styles.soft}>{t("documents.none")}</p>;
  const next = page.data.next;
  return (
    <>
      <ul className={styles.list} style={{ marginBlockStart: 12 }}>
        {page.data.items.map((each) => (
          <Row key={each.key} base={base} document={each} may={may} />
        ))}
      </ul>
      <div className={styles.buttons}>
        {starts.length > 0 && (
          <Button variant="default" onClick={() => turn(starts.slice(0, -1))}>
            {t("shell:back")}
          </Button>
        )}
        {next != null && (
          <Button variant="default" onClick={() => turn([...starts, next])}>
            {t("documents.next")}
          </Button>
        )}
      </div>
    </>
  );
}

const IS = { kept: { is: "good" }, waiting: {}, refused: { is: "bad" } } as const;

function Row({ base, document, may }: { base: string; document: Document; may: boolean }) {
  const { t, i18n } = useTranslation(["bots", "shell"]);
  const params = { path: { base, key: document.key } };
  const remove = useChange("knowledge", async () => {
    await api.DELETE("/api/v1/knowledge/{base}/documents/{key}", { params });
  });
  const again = useChange("knowledge", async () => {
    await api.POST("/api/v1/knowledge/{base}/documents/{key}/read", { params });
  });
  return (
    <li className={styles.card}>
      <span className={styles.top}>
        <bdi className={styles.name}>{document.key}</bdi>
        <State {...IS[document.state]}>{t(`documents.states.${document.state}`)}</State>
        {may && document.origin === "upload" && (
          <span className={`${styles.moves} ${styles.end}`}>
            {document.kept && (
              <Button size="compact-sm" variant="subtle" loading={again.isPending} onClick={() => again.mutate(undefined)}>
                {t("documents.again")}
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="subtle"
              c="var(--wrong)"
              loading={remove.isPending}
              aria-label={t("documents.removeLabel", { document: document.key })}
              onClick={() => remove.mutate(undefined)}
            >
              {t("shell:remove")}
            </Button>
          </span>
        )}
      </span>
      <span className={styles.facts}>
        {document.title !== document.key && <bdi>“{document.title}”</bdi>}
        {document.state === "kept" && <span>{t("knowledge.passages", { count: document.passages })}</span>}
        <span>{size(document.size, i18n.language)}</span>
        <span>{moment(document.changed_at, i18n.language)}</span>
        {document.origin === "folder" && <span>{t("documents.inFolder")}</span>}
      </span>
      {document.reason !== null && <span className={styles.wrong}>{t("documents.refused", { reason: document.reason })}</span>}
      <Failure error={remove.error ?? again.error} />
    </li>
  );
}

import { Autocomplete, Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { api, unwrap } from "../api/client";
import { Dialog } from "../parts/Dialog";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { useBases, useChange, useProviders, wrongAt, wrongElsewhere } from "./api";
import { Failure } from "../parts/Failure";
import { AreaTabs } from "./Tabs";

import styles from "./Bots.module.css";

export function Bases() {
  const { t } = useTranslation("bots");
  const may = useMay("admin");
  const bases = useBases();
  const [making, make] = useState(false);
  return (
    <Page title={t("knowledge.title")} actions={may && <Button onClick={() => make(true)}>{t("knowledge.add")}</Button>}>
      <AreaTabs />
      {bases.isError && <Failure error={bases.error} again={() => void bases.refetch()} />}
      {bases.isPending && <Skeletons rows={3} height={64} />}
      {bases.data?.length === 0 && (
        <Says
          title={t("knowledge.none.title")}
          action={may && <SaysButton onClick={() => make(true)}>{t("knowledge.add")}</SaysButton>}
        >
          {t("knowledge.none.says")}
        </Says>
      )}
      <ul className={styles.list}>
        {bases.data?.map((base) => (
          <li key={base.name}>
            <Link href={`/bots/-/knowledge/${base.name}`} className={styles.card}>
              <span className={styles.top}>
                <bdi className={styles.name}>{base.name}</bdi>
                {base.source === "file" && <span className={`${styles.soft} ${styles.end}`}>{t("inFile")}</span>}
              </span>
              <span className={styles.facts}>
                <span>{t("knowledge.documents", { count: base.documents })}</span>
                <span>{t("knowledge.passages", { count: base.passages })}</span>
                {base.waiting > 0 && <span>{t("knowledge.waiting", { count: base.waiting })}</span>}
                {base.refused > 0 && <span className={styles.wrong}>{t("knowledge.refused", { count: base.refused })}</span>}
                {base.used_by.length > 0 && <span>{t("knowledge.usedBy", { bots: base.used_by.join(", ") })}</span>}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {making && <Making onClose={() => make(false)} />}
    </Page>
  );
}

function Making({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["bots", "shell"]);
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const [embeddings, setEmbeddings] = useState("");
  const providers = useProviders();
  const make = useChange("knowledge", async () =>
    unwrap(await api.POST("/api/v1/knowledge", { body: { name, embeddings } })),
  );
  return (
    <Dialog title={t("knowledge.add")} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate(undefined, { onSuccess: (made) => go(`/bots/-/knowledge/${made.name}`) });
        }}
      >
        <TextInput
          required
          label={t("new.name")}
          description={t("new.nameSays")}
          value={name}
          error={wrongAt(make.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Autocomplete
          label={t("knowledge.embeddings")}
          description={t("knowledge.embeddingsSays")}
          data={providers.data?.map((each) => `${each.name}/`) ?? []}
          value={embeddings}
          error={wrongAt(make.error, "embeddings")}
          onChange={setEmbeddings}
        />
        <Failure error={wrongElsewhere(make.error, "name", "embeddings")} />
        <div className={styles.buttons}>
          <Button type="submit" loading={make.isPending} disabled={name === ""}>
            {t("knowledge.add")}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t("shell:cancel")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { Button, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, Problem, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { chooseWorkspace } from "../api/workspace";
import { useMay, useMe, useMembership } from "../shell/me";
import type { Membership } from "../shell/me";
import { Said } from "./Said";

import styles from "./Settings.module.css";

const ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** What the workspace is called, and making another. */
export function WorkspaceTab() {
  const current = useMembership();
  const makes = useMe()?.creates_workspaces ?? false;
  if (current === undefined) return null;
  return (
    <>
      <Named key={current.id} workspace={current} />
      {makes && <Another />}
    </>
  );
}

function Named({ workspace }: { workspace: Membership }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const owns = useMay("owner");
  const [name, setName] = useState(workspace.name);
  const saving = useMutation({
    mutationFn: async () => unwrap(await api.PUT("/api/v1/workspaces/name", { body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["me"] }),
  });
  return (
    <section className={styles.part}>
      <Title order={2} size="h5">
        {t("workspace.this")}
      </Title>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <TextInput
          label={t("workspace.name")}
          description={owns ? undefined : t("workspace.onlyOwners")}
          value={name}
          dir="auto"
          maxLength={100}
          readOnly={!owns}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput label={t("workspace.id")} value={workspace.id} dir="ltr" readOnly />
        {owns && (
          <div className={styles.row}>
            <Button type="submit" loading={saving.isPending} disabled={name.trim() === ""}>
              {common("save")}
            </Button>
            <Said error={saving.error} done={saving.isSuccess} />
          </div>
        )}
      </form>
    </section>
  );
}

function Another() {
  const { t } = useTranslation("settings");
  const [name, setName] = useState("");
  const [id, setId] = useState("");
  const making = useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/v1/workspaces", { body: { id, name } })),
    onSuccess: async (made) => {
      await queries.refetchQueries({ queryKey: ["me"] });
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
      chooseWorkspace(made.id);
    },
  });
  const taken = making.error instanceof Problem && making.error.status === 409;
  const odd = id !== "" && !ID.test(id);
  return (
    <section className={styles.part}>
      <Title order={2} size="h5">
        {t("workspace.fresh")}
      </Title>
      <p className={styles.says}>{t("workspace.freshSays")}</p>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <TextInput
          label={t("workspace.name")}
          value={name}
          dir="auto"
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("workspace.id")}
          description={t("workspace.idHint")}
          value={id}
          dir="ltr"
          maxLength={63}
          error={odd ? t("workspace.idWrong") : taken ? t("workspace.taken") : undefined}
          onChange={(event) => {
            making.reset();
            setId(event.currentTarget.value);
          }}
        />
        <div className={styles.row}>
          <Button
            type="submit"
            variant="default"
            loading={making.isPending}
            disabled={name.trim() === "" || id === "" || odd}
          >
            {t("workspace.make")}
          </Button>
          <Said error={taken ? null : making.error} />
        </div>
      </form>
    </section>
  );
}

import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { queries } from "../api/queries";
import type { components } from "../api/schema";
import { useMe } from "../shell/me";
import { signOut } from "../shell/signOut";
import { Card, CardForm } from "./Card";
import { NameField, PasswordField } from "./fields";
import { useLanguage } from "./language";
import { useEntering } from "./useEntering";

interface Props {
  token: string;
  found: components["schemas"]["FoundLinkBody"];
}

/** Whoever was invited: signed in with that e-mail already, known by a password, or new. */
export function Invitation({ token, found }: Props) {
  const { t } = useTranslation("signin");
  const user = useMe()?.user ?? null;
  const email = found.email ?? "";
  const title = t("invitation.title", { workspace: found.workspace ?? "" });
  const role = found.role ? t(`roles.${found.role}`) : "";
  const says = t("invitation.says", { who: found.invited_by ?? "", email, role });
  if (user !== null && user.email !== email) return <AsAnother title={title} name={user.name} email={email} />;
  return (
    <Card title={title} says={says}>
      {user !== null ? <Joins token={token} /> : found.known ? <Returns token={token} /> : <IsNew token={token} />}
    </Card>
  );
}

function Joins({ token }: { token: string }) {
  const { t } = useTranslation("signin");
  const language = useLanguage();
  const { wrong, busy, enter } = useEntering(() =>
    api.POST("/api/v1/sign-in/invitation", { body: { token, language } }),
  );
  return (
    <CardForm wrong={wrong.whole} onSubmit={enter}>
      <Button type="submit" loading={busy} autoFocus>
        {t("invitation.enter")}
      </Button>
    </CardForm>
  );
}

function Returns({ token }: { token: string }) {
  const { t } = useTranslation("signin");
  const language = useLanguage();
  const [password, setPassword] = useState("");
  const { wrong, busy, enter } = useEntering(() =>
    api.POST("/api/v1/sign-in/invitation", { body: { token, password, language } }),
  );
  return (
    <CardForm wrong={wrong.whole} onSubmit={enter}>
      <p>{t("invitation.known")}</p>
      <PasswordField value={password} onChange={setPassword} error={wrong.password} focus />
      <Button type="submit" loading={busy}>
        {t("invitation.enter")}
      </Button>
    </CardForm>
  );
}

function IsNew({ token }: { token: string }) {
  const { t } = useTranslation("signin");
  const language = useLanguage();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { wrong, busy, enter } = useEntering(() =>
    api.POST("/api/v1/sign-in/invitation", { body: { token, name, password, language } }),
  );
  return (
    <CardForm wrong={wrong.whole} onSubmit={enter}>
      <NameField value={name} onChange={setName} error={wrong.name} focus />
      <PasswordField value={password} onChange={setPassword} error={wrong.password} fresh />
      <Button type="submit" loading={busy}>
        {t("invitation.enter")}
      </Button>
    </CardForm>
  );
}

function AsAnother({ title, name, email }: { title: string; name: string; email: string }) {
  const { t } = useTranslation("signin");
  async function leave(): Promise<void> {
    await signOut();
    await queries.refetchQueries({ queryKey: ["me"] });
  }
  return (
    <Card title={title} says={t("invitation.other", { name, email })}>
      <Button mt="lg" fullWidth onClick={() => void leave()}>
        {t("invitation.out")}
      </Button>
    </Card>
  );
}

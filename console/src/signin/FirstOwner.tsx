import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { Card, CardForm } from "./Card";
import { EmailField, NameField, PasswordField } from "./fields";
import { useLanguage } from "./language";
import { useEntering } from "./useEntering";

/** Whoever opened the link that the server printed. */
export function FirstOwner({ token }: { token: string }) {
  const { t } = useTranslation("signin");
  const language = useLanguage();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { wrong, busy, enter } = useEntering(() =>
    api.POST("/api/v1/sign-in/first", { body: { token, name, email, password, language } }),
  );
  return (
    <Card title={t("first.title")} says={t("first.says")}>
      <CardForm wrong={wrong.whole} onSubmit={enter}>
        <NameField value={name} onChange={setName} error={wrong.name} focus />
        <EmailField value={email} onChange={setEmail} error={wrong.email} />
        <PasswordField value={password} onChange={setPassword} error={wrong.password} fresh />
        <Button type="submit" loading={busy}>
          {t("first.enter")}
        </Button>
      </CardForm>
    </Card>
  );
}

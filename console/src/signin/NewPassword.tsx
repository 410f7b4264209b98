import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { Card, CardForm } from "./Card";
import { PasswordField } from "./fields";
import { useEntering } from "./useEntering";

/** Whoever was given a link for a lost password. */
export function NewPassword({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation("signin");
  const [password, setPassword] = useState("");
  const { wrong, busy, enter } = useEntering(() =>
    api.POST("/api/v1/sign-in/password", { body: { token, password } }),
  );
  return (
    <Card title={t("reset.title")} says={t("reset.says", { email })}>
      <CardForm wrong={wrong.whole} onSubmit={enter}>
        <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordField value={password} onChange={setPassword} error={wrong.password} fresh focus />
        <Button type="submit" loading={busy}>
          {t("reset.enter")}
        </Button>
      </CardForm>
    </Card>
  );
}

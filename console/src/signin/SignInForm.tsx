import { Button, Divider } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { next } from "../shell/next";
import { Card, CardForm, Lost } from "./Card";
import { EmailField, PasswordField } from "./fields";
import { useEntering } from "./useEntering";

/** Why an identity provider let nobody in: one word in the address, so that no address puts words of its own here. */
const WHYS = ["state", "denied", "provider", "token", "unverified", "uninvited", "disabled"] as const;

interface Props {
  /** What the identity provider is called; null where there is none. */
  provider: string | null;
}

export function SignInForm({ provider }: Props) {
  const { t } = useTranslation("signin");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { wrong, busy, enter } = useEntering(() => api.POST("/api/v1/sign-in", { body: { email, password } }));
  const refused = new URLSearchParams(location.search).get("refused");
  const why = WHYS.find((each) => each === refused);
  const said = why === undefined ? undefined : t(`refused.${why}`);
  return (
    <Card title={t("title")}>
      {provider !== null && (
        <>
          <Button
            component="a"
            href={`/api/v1/sign-in/provider?next=${encodeURIComponent(next())}`}
            variant="default"
            fullWidth
            mt="lg"
          >
            {t("provider", { name: provider })}
          </Button>
          <Divider label={t("or")} mt="lg" />
        </>
      )}
      <CardForm wrong={wrong.whole ?? said} onSubmit={enter}>
        <EmailField value={email} onChange={setEmail} error={wrong.email} focus={provider === null} />
        <PasswordField value={password} onChange={setPassword} error={wrong.password} />
        <Button type="submit" loading={busy}>
          {t("enter")}
        </Button>
      </CardForm>
      <Lost>{t("lost", { email: email.trim() || t("yourEmail") })}</Lost>
    </Card>
  );
}

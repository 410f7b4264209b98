// The fields of all forms for signing in, with what browsers and password managers know them by.
import { PasswordInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  focus?: boolean;
}

export function EmailField({ value, onChange, error, focus = false }: Props) {
  const { t } = useTranslation("signin");
  return (
    <TextInput
      label={t("email")}
      type="email"
      name="email"
      autoComplete="username"
      dir="ltr"
      required
      withAsterisk={false}
      data-autofocus={focus || undefined}
      autoFocus={focus}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function NameField({ value, onChange, error, focus = false }: Props) {
  const { t } = useTranslation("signin");
  return (
    <TextInput
      label={t("name")}
      name="name"
      autoComplete="name"
      dir="auto"
      required
      withAsterisk={false}
      autoFocus={focus}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function PasswordField({ value, onChange, error, focus = false, fresh = false }: Props & { fresh?: boolean }) {
  const { t } = useTranslation("signin");
  return (
    <PasswordInput
      label={fresh ? t("newPassword") : t("password")}
      description={fresh ? t("passwordHint") : undefined}
      name="password"
      autoComplete={fresh ? "new-password" : "current-password"}
      required
      withAsterisk={false}
      autoFocus={focus}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Drawn without the frame. `next()` of shell/next.ts says where to go afterwards. */
export default function SignInPage() {
  const { t } = useTranslation("signin");
  return (
    <main>
      <Title order={1}>{t("title")}</Title>
    </main>
  );
}

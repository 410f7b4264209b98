import { useTranslation } from "react-i18next";

import { Page } from "../shell/Page";

export default function InboxPage() {
  const { t } = useTranslation("inbox");
  return <Page title={t("title")}>{null}</Page>;
}

import { useTranslation } from "react-i18next";

import { Page } from "../shell/Page";

export default function ContactsPage() {
  const { t } = useTranslation("contacts");
  return <Page title={t("title")}>{null}</Page>;
}

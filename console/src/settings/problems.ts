import { useTranslation } from "react-i18next";

import { Problem } from "../api/client";

/** What is said of a change that was refused: the server's own words say what to do. */
export function useSaid(): (error: unknown) => string | undefined {
  const { t } = useTranslation("settings");
  return (error) => {
    if (error === null || error === undefined) return undefined;
    return error instanceof Problem ? t("failed", { why: error.detail }) : t("away");
  };
}

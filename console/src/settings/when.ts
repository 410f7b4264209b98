import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { region } from "../time";

/** Day and time of an instant in unix seconds, as the language of the pages writes them. */
export function useWhen(): (at: number) => string {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(region(i18n.language), { dateStyle: "medium", timeStyle: "short" });
    return (at: number) => format.format(at * 1000);
  }, [i18n.language]);
}

import { useTranslation } from "react-i18next";

import { isLanguage } from "../words/language";
import type { Language } from "../words/language";

/** The language of the pages, which a new user reads from now on. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.language) ? i18n.language : "en";
}

// The language of the pages: chosen and kept, else the browser's, else English.
import i18next from "i18next";
import type { BackendModule, ReadCallback } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "turnkeeper-language";
const files = import.meta.glob<{ default: object }>("./{en,id}/*.ts");

/** Each area's words are a file of their own, loaded with the area. */
const loading: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language: string, area: string, done: ReadCallback) => {
    const load = files[`./${language}/${area}.ts`];
    if (load === undefined) done(`no words ${language}/${area}`, false);
    else load().then((file) => done(null, file.default as never), (error: Error) => done(error, true));
  },
};

export async function startWords(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
    document.documentElement.dir = i18next.dir(language);
  });
  await i18next.use(loading).use(initReactI18next).init({
    lng: firstLanguage(),
    supportedLngs: Object.keys(LANGUAGES),
    fallbackLng: false,
    ns: ["shell"],
    defaultNS: "shell",
    interpolation: { escapeValue: false }, // React does
  });
}

export function isLanguage(code: string): code is Language {
  return code in LANGUAGES;
}

/** Use a language from now on, and the next time too. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  await i18next.changeLanguage(language);
}

/** What the person's account says counts where this browser has no choice of its own. */
export async function followAccount(language: string | null | undefined): Promise<void> {
  if (!language || !isLanguage(language) || localStorage.getItem(KEPT) !== null) return;
  if (i18next.language !== language) await i18next.changeLanguage(language);
}

function firstLanguage(): Language {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages];
  const codes = wanted.map((code) => code?.split("-")[0] ?? "");
  return codes.find(isLanguage) ?? "en";
}

// What went wrong while signing in, in words and at its place.
import type { TFunction } from "i18next";

import { Problem } from "../api/client";

export interface Wrong {
  email?: string;
  name?: string;
  password?: string;
  /** What no field is to blame for. */
  whole?: string;
}

/** What is said of an error. Everything that has no words of ours is said in the server's. */
export function wrongOf(error: unknown, t: TFunction<"signin">): Wrong {
  if (!(error instanceof Problem)) return { whole: t("wrong.away") };
  if (error.status === 401) return { whole: t("wrong.password") };
  if (error.status === 429) return { whole: t("wrong.wait") };
  if (error.status !== 422 || error.errors.length === 0) return { whole: error.detail };
  const wrong: Wrong = {};
  for (const { where, problem, level } of error.errors) {
    if (where === "email") wrong.email = t("wrong.email");
    else if (where === "name") wrong.name = t("wrong.name");
    else if (where === "password") wrong.password = passwordWords(level, problem, t);
    else wrong.whole = error.detail;
  }
  return wrong;
}

function passwordWords(level: string, problem: string, t: TFunction<"signin">): string {
  if (level === "short") return t("wrong.short");
  if (level === "long") return t("wrong.long");
  return level === "email" ? t("wrong.own") : problem;
}

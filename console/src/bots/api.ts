// What the pages of bots ask and change. Every change makes what it touched be asked anew.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";

import { Problem, api, unwrap } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Bot = Schemas["BotTold"];
export type BotListed = Schemas["BotListed"];
export type Setting = Schemas["Setting"];
export type SettingProblem = Schemas["ProblemOfSetting"];
export type Prompt = Schemas["Prompt"];
export type PromptText = Schemas["PromptText"];
export type PromptHead = Schemas["PromptHead"];
export type DiffLine = Schemas["DiffLine"];
export type Base = Schemas["Base"];
export type Document = Schemas["Document"];
export type Provider = Schemas["ProviderTold"];
export type Given = Record<string, unknown>;

const WAITING_MS = 1500;

export function useBots() {
  return useQuery({ queryKey: ["bots"], queryFn: async () => unwrap(await api.GET("/api/v1/bots")) });
}

export function useBot(id: string) {
  return useQuery({
    queryKey: ["bots", id],
    queryFn: async () => unwrap(await api.GET("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } } })),
  });
}

export function usePrompt(bot: string) {
  return useQuery({
    queryKey: ["bots", bot, "prompt"],
    queryFn: async () => unwrap(await api.GET("/api/v1/bots/{bot_id}/prompt", { params: { path: { bot_id: bot } } })),
  });
}

export async function readVersion(bot: string, version: number): Promise<PromptText> {
  const path = { bot_id: bot, version };
  return unwrap(await api.GET("/api/v1/bots/{bot_id}/prompt/versions/{version}", { params: { path } }));
}

export function useDiff(bot: string, before: number, after: number) {
  return useQuery({
    queryKey: ["bots", bot, "prompt", "diff", before, after],
    queryFn: async () => {
      const params = { path: { bot_id: bot }, query: { before, after } };
      return unwrap(await api.GET("/api/v1/bots/{bot_id}/prompt/diff", { params }));
    },
  });
}

export function useProviders() {
  return useQuery({ queryKey: ["bots", "-providers"], queryFn: async () => unwrap(await api.GET("/api/v1/providers")) });
}

export function useBases() {
  return useQuery({
    queryKey: ["knowledge"],
    queryFn: async () => unwrap(await api.GET("/api/v1/knowledge")),
    refetchInterval: (query) => (query.state.data?.some((base) => base.waiting > 0) ? WAITING_MS : false),
  });
}

/** A base's documents by name; while one waits to be read, they are asked for again and again. */
export function useDocuments(base: string, after: string | null) {
  return useQuery({
    queryKey: ["knowledge", base, "documents", after],
    queryFn: async () => {
      const params = { path: { base }, query: after === null ? {} : { after } };
      return unwrap(await api.GET("/api/v1/knowledge/{base}/documents", { params }));
    },
    refetchInterval: (query) =>
      query.state.data?.items.some((each) => each.state === "waiting") ? WAITING_MS : false,
  });
}

export async function searchBase(base: string, question: string) {
  const params = { path: { base }, query: { q: question } };
  return unwrap(await api.GET("/api/v1/knowledge/{base}/search", { params }));
}

/** Something that changes bots or bases; afterwards what is shown of them is asked anew. */
export function useChange<V, T>(
  area: "bots" | "knowledge",
  change: (value: V) => Promise<T>,
): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: [area] }),
  });
}

export async function makeBot(name: string, kind: string, settings: Given): Promise<string> {
  return unwrap(await api.POST("/api/v1/bots", { body: { name, kind, settings } })).name;
}

export async function changeBot(bot: Bot, set: Given, unset: string[] = []): Promise<void> {
  if (bot.revision === null) return;
  const params = { path: { bot_id: bot.id } };
  await api.PATCH("/api/v1/bots/{bot_id}", { params, body: { revision: bot.revision, set, unset } });
}

export async function deleteBot(id: string): Promise<void> {
  await api.DELETE("/api/v1/bots/{bot_id}", { params: { path: { bot_id: id } } });
}

/** What a form says beside one of its fields: what is wrong, and what to write instead. */
export function wrongAt(error: Error | null, ...names: string[]): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  const found = error.errors.find((each) => names.some((name) => each.where.split(".").includes(name)));
  return found === undefined ? undefined : `${found.problem}. ${found.mend}`;
}

/** What is wrong with the whole, or with what has no field of its own. */
export function wrongElsewhere(error: Error | null, ...shown: string[]): string | null {
  if (error === null) return null;
  if (!(error instanceof Problem) || error.errors.length === 0) return error.message;
  const left = error.errors.filter((each) => !shown.some((name) => each.where.split(".").includes(name)));
  if (left.length === 0) return null;
  return left.map((each) => [each.where, `${each.problem}.`, each.mend].filter(Boolean).join(" ")).join(" ");
}

/** A setting's value as it counts. */
export function valueOf(bot: { settings: Setting[] }, name: string): unknown {
  return bot.settings.find((each) => each.name === name)?.value;
}

export function settingOf(bot: { settings: Setting[] }, name: string): Setting | undefined {
  return bot.settings.find((each) => each.name === name);
}

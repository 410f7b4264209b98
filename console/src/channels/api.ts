// What the pages of channels ask and change. Every change makes what is shown be asked anew.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Channel = Schemas["ChannelTold"];
export type ChannelListed = Schemas["ChannelListed"];
export type ChannelField = Schemas["ChannelField"];
export type ChannelKind = Schemas["ChannelKind"];
export type Given = Record<string, unknown>;

const APPLYING_MS = 1000;
const FOLLOW_MS = 5000;

/** All channels; asked again often while the server is about to work with a change. */
export function useChannels() {
  return useQuery({
    queryKey: ["channels"],
    queryFn: async () => unwrap(await api.GET("/api/v1/channels")),
    refetchInterval: (query) =>
      query.state.data?.items.some((each) => each.state === "applying") ? APPLYING_MS : FOLLOW_MS,
  });
}

export function useChannel(id: string) {
  return useQuery({
    queryKey: ["channels", id],
    queryFn: async () => unwrap(await api.GET("/api/v1/channels/{channel_id}", at(id))),
    refetchInterval: (query) => (query.state.data?.state === "applying" ? APPLYING_MS : FOLLOW_MS),
  });
}

export function useKinds() {
  return useQuery({
    queryKey: ["channels", "-kinds"],
    queryFn: async () => unwrap(await api.GET("/api/v1/channels/kinds")),
    staleTime: Infinity,
  });
}

/** Something that changes channels; afterwards what is shown of them is asked anew. */
export function useChange<V, T>(change: (value: V) => Promise<T>): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["channels"] }),
  });
}

export interface Draft {
  name: string;
  kind: string;
  bot: string;
  settings: Given;
}

export async function makeChannel(draft: Draft): Promise<string> {
  return unwrap(await api.POST("/api/v1/channels", { body: draft })).name;
}

export async function changeChannel(channel: Channel, set: Given, unset: string[]): Promise<void> {
  if (channel.revision === null) return;
  await api.PATCH("/api/v1/channels/{channel_id}", { ...at(channel.id), body: { revision: channel.revision, set, unset } });
}

export async function deleteChannel(id: string): Promise<void> {
  const params = { path: { channel_id: id }, query: { confirm: id } };
  await api.DELETE("/api/v1/channels/{channel_id}", { params });
}

export async function pauseChannel(id: string, reason: string): Promise<void> {
  await api.POST("/api/v1/channels/{channel_id}/pause", { ...at(id), body: { reason } });
}

export async function resumeChannel(id: string): Promise<void> {
  await api.POST("/api/v1/channels/{channel_id}/resume", at(id));
}

export function at(id: string) {
  return { params: { path: { channel_id: id } } };
}

// What the pages of contacts ask and change.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Contact = Schemas["ContactTold"];
export type ContactListed = Schemas["ContactListed"];
export type ContactField = Schemas["ContactField"];
export type Change = Schemas["ContactChange"];

export function useContacts(q: string, tag: string) {
  return useInfiniteQuery({
    queryKey: ["contacts", "list", q, tag],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => {
      const query = { ...(q && { q }), ...(tag && { tag }), ...(pageParam && { after: pageParam }) };
      return unwrap(await api.GET("/api/v1/contacts", { params: { query } }));
    },
    getNextPageParam: (page) => page.next,
  });
}

export function useContact(id: string) {
  return useQuery({
    queryKey: ["contacts", id],
    queryFn: async () => unwrap(await api.GET("/api/v1/contacts/{contact_id}", { params: at(id) })),
  });
}

/** Something that changes contacts; afterwards what is shown of them is asked anew. */
export function useChange<V, T>(change: (value: V) => Promise<T>): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["contacts"] }),
  });
}

export async function changeContact(id: string, body: Partial<Change>): Promise<void> {
  await api.PATCH("/api/v1/contacts/{contact_id}", { params: at(id), body: { fields: [], ...body } });
}

export async function noteConsent(id: string, purpose: string, granted: boolean): Promise<void> {
  await api.POST("/api/v1/contacts/{contact_id}/consent", { params: at(id), body: { purpose, granted } });
}

export async function mergeContacts(id: string, other: string): Promise<void> {
  await api.POST("/api/v1/contacts/{contact_id}/merge", { params: at(id), body: { with: other } });
}

export async function splitContact(id: string, conversation: string): Promise<string> {
  const body = { conversation };
  return unwrap(await api.POST("/api/v1/contacts/{contact_id}/split", { params: at(id), body })).id;
}

export async function eraseContact(id: string): Promise<void> {
  await api.POST("/api/v1/contacts/{contact_id}/erase", { params: at(id) });
}

function at(id: string) {
  return { path: { contact_id: id } };
}

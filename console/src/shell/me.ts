// Who looks at these pages, and what they may do in the workspace that is shown.
import { useQuery } from "@tanstack/react-query";

import { api, Problem, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useWorkspace } from "../api/workspace";

export type Me = components["schemas"]["MeBody"];
export type Membership = components["schemas"]["HomeBody"];
export type Role = Membership["role"];
export const ROLES: readonly Role[] = ["viewer", "agent", "admin", "owner"];

const AGAIN_MS = 3000;

/** Null: nobody is signed in. */
export function useAsking() {
  return useQuery({
    queryKey: ["me"],
    queryFn: askWho,
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.status === "error" ? AGAIN_MS : false),
  });
}

/** Who is signed in; undefined while that is not known. */
export function useMe(): Me | undefined {
  return useAsking().data ?? undefined;
}

/** The workspace that is shown, and one's role in it. */
export function useMembership(): Membership | undefined {
  const id = useWorkspace();
  const all = useMe()?.workspaces;
  return all?.find((each) => each.id === id) ?? all?.[0];
}

/** Whether one's role is at least this. The server decides; this only leaves out what would be refused. */
export function useMay(least: Role): boolean {
  const role = useMembership()?.role;
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

async function askWho(): Promise<Me | null> {
  try {
    return unwrap(await api.GET("/api/v1/me"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

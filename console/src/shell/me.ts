// Who looks at these pages, and what they may do in the workspace that is shown.
import { useQuery } from "@tanstack/react-query";

import { Problem } from "../api/client";
import { problemOf } from "../api/problem";
import { useWorkspace } from "../api/workspace";
import { Absent, phoneState } from "../phone/api";

export const ROLES = ["viewer", "agent", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

export interface Membership {
  id: string;
  name: string;
  role: Role;
}

export interface Me {
  user: { id: string; name: string; email: string | null; language: string | null } | null;
  workspaces: Membership[];
  demo: boolean;
}

const AGAIN_MS = 3000;

export function useAsking() {
  return useQuery({
    queryKey: ["me"],
    queryFn: askWho,
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.status === "error" && !isRefusal(query.state.error) ? AGAIN_MS : false),
  });
}

/** Who is signed in; undefined while that is not known. */
export function useMe(): Me | undefined {
  return useAsking().data;
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

function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status < 500;
}

async function askWho(): Promise<Me> {
  const reply = await fetch("/api/v1/me", { headers: { Accept: "application/json" } });
  if (reply.status === 401) return { user: null, workspaces: [], demo: false };
  if (reply.status === 404) return withoutApi();
  if (!reply.ok) throw await problemOf(reply);
  return (await reply.json()) as Me;
}

/** A server without people: whoever reaches it is the owner of the demo, where there is a phone. */
async function withoutApi(): Promise<Me> {
  try {
    await phoneState(null);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    return { user: null, workspaces: [], demo: false };
  }
  const user = { id: "demo", name: "Demo", email: null, language: null };
  return { user, workspaces: [{ id: "default", name: "Demo", role: "owner" }], demo: true };
}

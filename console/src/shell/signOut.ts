import { problemOf } from "../api/problem";

/** End this sign-in at the server. */
export async function signOut(): Promise<void> {
  const reply = await fetch("/api/v1/sign-out", { method: "POST" });
  if (!reply.ok && reply.status !== 401) throw await problemOf(reply);
}

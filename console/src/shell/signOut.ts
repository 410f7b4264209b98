import { api } from "../api/client";

/** End this sign-in at the server. */
export async function signOut(): Promise<void> {
  await api.POST("/api/v1/sign-out");
}

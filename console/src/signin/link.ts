// Links that work once carry their token after the `#`, which a browser sends to nobody.
import { useSyncExternalStore } from "react";

const LINK = /^#(?:first|invitation|password)=([\w-]{10,200})$/;

function token(): string | null {
  return location.pathname.startsWith("/sign-in") ? (LINK.exec(location.hash)?.[1] ?? null) : null;
}

function follow(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  addEventListener("popstate", changed);
  return () => {
    removeEventListener("hashchange", changed);
    removeEventListener("popstate", changed);
  };
}

/** The token of the link that was opened; null for none. */
export function useLink(): string | null {
  return useSyncExternalStore(follow, token);
}

/** The link was used, or does not work: the address goes without it. */
export function forgetLink(): void {
  history.replaceState(null, "", `${location.pathname}${location.search}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

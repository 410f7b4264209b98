// Which workspace this tab shows. A tab keeps its own; a new one begins where the last choice was made.
import { useSyncExternalStore } from "react";

const KEPT = "turnkeeper-workspace";
const watching = new Set<() => void>();
let current: string | null = first();

/** Its id; null until `/api/v1/me` said which there are. */
export function workspace(): string | null {
  return current;
}

export function chooseWorkspace(id: string): void {
  if (id === current) return;
  current = id;
  sessionStorage.setItem(KEPT, id);
  localStorage.setItem(KEPT, id);
  for (const tell of watching) tell();
}

export function useWorkspace(): string | null {
  return useSyncExternalStore(watch, workspace);
}

function watch(tell: () => void): () => void {
  watching.add(tell);
  return () => watching.delete(tell);
}

/** A link may name one, so that it can be given to a colleague. */
function first(): string | null {
  const linked = new URLSearchParams(location.search).get("workspace");
  return linked ?? sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
}

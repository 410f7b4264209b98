// The API as it describes itself. Every request names the workspace; every refusal is a Problem.
import createClient from "openapi-fetch";

import { Away, Problem, problemOf } from "./problem";
import type { paths } from "./schema";
import { workspace } from "./workspace";

export { Away, Problem } from "./problem";

let onSignedOut: () => void = () => undefined;

/** What to do when the server no longer knows who asks. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

// `fetch` is looked up at each call: a test may put its own in place.
export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

api.use({
  async onRequest({ request }) {
    const url = new URL(request.url);
    const id = workspace();
    if (id === null || url.searchParams.has("workspace")) return undefined;
    url.searchParams.set("workspace", id);
    if (request.method === "GET" || request.method === "HEAD") return new Request(url, request);
    // A body that is handed on would go as a stream, which browsers send over HTTP/2 only.
    const { method, headers, signal } = request;
    return new Request(url, { method, headers, signal, body: await request.blob() });
  },
  async onResponse({ response }) {
    if (response.ok) return;
    if (response.status === 401) onSignedOut();
    throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof Problem || isAborted(error)) return undefined;
    return new Away("The server does not answer.", { cause: error });
  },
});

/** The data of an answer. Refusals were thrown on the way, so there is nothing else. */
export function unwrap<T>(answer: { data?: T }): T {
  return answer.data as T;
}

function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

// What can go wrong with a request: the server said no (RFC 9457), or nobody answered.

/** One thing that is wrong with what was sent: where, what, and perhaps what to do. */
export interface Wrong {
  where: string;
  problem: string;
  mend: string;
  level: string;
}

export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly Wrong[] = [],
  ) {
    super(detail || title);
  }
}

/** The server does not answer at all. */
export class Away extends Error {
  override readonly name = "Away";
}

interface Told {
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

export async function problemOf(reply: Response): Promise<Problem> {
  const said = (await reply.json().catch(() => ({}))) as Told | null;
  const title = typeof said?.title === "string" ? said.title : `HTTP ${reply.status}`;
  const detail = typeof said?.detail === "string" ? said.detail : "";
  return new Problem(reply.status, title, detail, wrongs(said?.errors));
}

function wrongs(errors: unknown): Wrong[] {
  if (!Array.isArray(errors)) return [];
  return errors.map((each: Partial<Wrong>) => ({ where: "", problem: "", mend: "", level: "", ...each }));
}

const TURNERS = /[\u202A-\u202E\u2066-\u2069]/g;

/** What a person is called, without the characters that turn what stands around them. `dir="auto"` does the rest. */
export function shownName(name: string | null | undefined, otherwise: string): string {
  return name?.replace(TURNERS, "").trim() || otherwise;
}

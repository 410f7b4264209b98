const SIGN_IN = "/sign-in";

/** The address of the sign-in page that leads back to where one is. */
export function signInAddress(): string {
  const here = `${location.pathname}${location.search}`;
  if (here === "/" || location.pathname === SIGN_IN) return SIGN_IN;
  return `${SIGN_IN}?next=${encodeURIComponent(here)}`;
}

/** Where to go once signed in: only ever a page of ours, whatever the link said. */
export function next(search = location.search): string {
  const wanted = new URLSearchParams(search).get("next") ?? "/";
  const url = new URL(wanted, location.origin);
  return url.origin === location.origin && url.pathname !== SIGN_IN ? `${url.pathname}${url.search}` : "/";
}

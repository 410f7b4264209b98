import { ROLES } from "../shell/me";
import type { Role } from "../shell/me";

/** The roles that somebody may give: none above their own. */
export function givable(own: Role | undefined): Role[] {
  return own === undefined ? [] : ROLES.slice(0, ROLES.indexOf(own) + 1);
}

// The areas of the console: what the navigation shows and what the addresses load.
import { lazy } from "react";

import type { IconName } from "../icons";
import type { Role } from "./me";

export const SimulatorPage = lazy(() => import("../simulator/SimulatorPage"));
export const InboxPage = lazy(() => import("../inbox/InboxPage"));
export const ThreadPage = lazy(() => import("../thread/ThreadPage"));
export const TracePage = lazy(() => import("../trace/TracePage"));
export const ChannelsPage = lazy(() => import("../channels/ChannelsPage"));
export const BotsPage = lazy(() => import("../bots/BotsPage"));
export const ContactsPage = lazy(() => import("../contacts/ContactsPage"));
export const OverviewPage = lazy(() => import("../overview/OverviewPage"));
export const SettingsPage = lazy(() => import("../settings/SettingsPage"));
export const SignInPage = lazy(() => import("../signin/SignInPage"));

export type AreaName = "inbox" | "contacts" | "overview" | "bots" | "channels" | "simulator" | "settings";

export interface Area {
  name: AreaName;
  path: string;
  icon: IconName;
  /** `g` and this key lead there. */
  key: string;
  least: Role;
}

export const AREAS: readonly Area[] = [
  { name: "inbox", path: "/", icon: "inbox", key: "i", least: "viewer" },
  { name: "contacts", path: "/contacts", icon: "contacts", key: "p", least: "viewer" },
  { name: "overview", path: "/overview", icon: "chart", key: "o", least: "viewer" },
  { name: "bots", path: "/bots", icon: "bot", key: "b", least: "viewer" },
  { name: "channels", path: "/channels", icon: "channels", key: "c", least: "viewer" },
  { name: "simulator", path: "/simulator", icon: "simulator", key: "s", least: "viewer" },
  { name: "settings", path: "/settings", icon: "settings", key: "e", least: "viewer" },
];

/** The first so many have a place of their own on a phone; the others are under "More". */
export const ON_A_PHONE = 3;

/** The area that an address belongs to. */
export function areaOf(path: string): AreaName | null {
  if (path === "/" || path.startsWith("/conversations/")) return "inbox";
  return AREAS.find((area) => area.path !== "/" && `${path}/`.startsWith(`${area.path}/`))?.name ?? null;
}

// What fields and kinds are called, where the words have something; else what the API says.
import type { TFunction } from "i18next";

import type { ChannelField } from "./api";

type T = TFunction<"channels">;
type Said = (key: string, options: { defaultValue: string }) => string;

export function labelOf(t: T, kind: string, field: ChannelField): string {
  const plain = field.key.replaceAll("_", " ");
  const own = plain.charAt(0).toUpperCase() + plain.slice(1);
  return said(t)(`fields.${kind}.${field.key}.label`, { defaultValue: own });
}

export function helpOf(t: T, kind: string, field: ChannelField): string {
  return said(t)(`fields.${kind}.${field.key}.where`, { defaultValue: field.help });
}

export function kindOf(t: T, kind: string): string {
  return said(t)(`kinds.${kind}.name`, { defaultValue: kind });
}

export function kindSays(t: T, kind: string, says: string): string {
  return said(t)(`kinds.${kind}.says`, { defaultValue: says });
}

export function stageOf(t: T, stage: string): string {
  return said(t)(`test.stages.${stage}`, { defaultValue: stage });
}

export function loginOf(t: T, status: string): string {
  return said(t)(`login.status.${status}`, { defaultValue: status });
}

function said(t: T): Said {
  return t as unknown as Said;
}

import { NativeSelect, PasswordInput, Switch, TextInput, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { ChannelField } from "./api";
import { helpOf, labelOf } from "./said";

interface Props {
  kind: string;
  field: ChannelField;
  value: string | boolean | undefined;
  /** A secret that is kept where nothing is entered. */
  isSet?: boolean;
  error?: string | undefined;
  disabled?: boolean;
  onChange: (value: string | boolean) => void;
}

/** One setting, as its shape wants it. */
export function Field({ kind, field, value, isSet = false, error, disabled = false, onChange }: Props): ReactNode {
  const { t } = useTranslation("channels");
  const label = labelOf(t, kind, field);
  const shared = { label, description: helpOf(t, kind, field), error, disabled };
  const text = typeof value === "string" ? value : "";
  const typed = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
  const example = field.example === "" ? undefined : field.example;
  const required = field.required && !field.made && !isSet;
  switch (field.shape) {
    case "switch":
      return <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "choice":
      return <NativeSelect {...shared} data={field.choices} value={text || String(field.default ?? "")} onChange={typed} />;
    case "lines":
      return <Textarea {...shared} autosize minRows={2} maxRows={8} dir="auto" value={text} onChange={typed} />;
    case "secret": {
      const kept = isSet ? t("form.secretSet") : field.made ? t("form.secretMade") : undefined;
      const eye = { "aria-label": t("form.show", { field: label }) };
      return (
        <PasswordInput
          {...shared}
          required={required}
          autoComplete="off"
          placeholder={kept}
          value={text}
          visibilityToggleButtonProps={eye}
          onChange={typed}
        />
      );
    }
    default: {
      const mode = field.shape === "number" ? ("numeric" as const) : undefined;
      const standing = field.default === null ? example : String(field.default);
      return (
        <TextInput
          {...shared}
          required={required}
          type={field.shape === "address" ? "url" : "text"}
          inputMode={mode}
          autoComplete="off"
          dir="auto"
          placeholder={standing}
          value={text}
          onChange={typed}
        />
      );
    }
  }
}

/** What was entered, as a configuration has it; undefined: nothing. */
export function meant(field: ChannelField, value: string | boolean | undefined): unknown {
  if (value === undefined || value === "") return undefined;
  if (typeof value === "boolean") return value;
  if (field.shape === "list") return value.split(",").map((each) => each.trim()).filter(Boolean);
  if (field.shape === "number" && /^\d+$/.test(value.trim())) return Number(value);
  return field.shape === "secret" || field.shape === "lines" ? value : value.trim();
}

import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { Icon } from "../icons";
import { useShortcut } from "../shell/shortcuts";
import { withFilter } from "./filters";

const TYPES_MS = 250;
export const LONGEST = 200;

/** What is sought stands in the address, once somebody has stopped typing for a moment. */
export function SearchField() {
  const { t } = useTranslation("inbox");
  const [search, setSearch] = useSearchParams();
  const sought = search.get("q") ?? "";
  const [typed, setTyped] = useState(sought);
  const field = useRef<HTMLInputElement>(null);
  const put = (words: string) =>
    setSearch((now) => withFilter(now, "q", words.trim() === "" ? null : words), { replace: true });
  const putLater = useDebouncedCallback(put, TYPES_MS);
  // Somebody went back, or cleared the filters.
  useEffect(() => {
    if (document.activeElement !== field.current) setTyped(sought);
  }, [sought]);
  function type(words: string) {
    setTyped(words);
    putLater(words);
  }
  function clear() {
    setTyped("");
    put("");
    field.current?.focus();
  }
  useShortcut("/", t("keys.search"), () => field.current?.focus());
  return (
    <TextInput
      ref={field}
      type="search"
      role="searchbox"
      size="sm"
      aria-label={t("search")}
      placeholder={t("searchHint")}
      data-testid="search"
      maxLength={LONGEST}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        if (typed === "") event.currentTarget.blur();
        else clear();
      }}
      leftSection={<Icon name="search" size={16} />}
      rightSection={typed !== "" && <CloseButton size="sm" aria-label={t("clearSearch")} onClick={clear} />}
    />
  );
}

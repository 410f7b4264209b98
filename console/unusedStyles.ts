import type { Plugin } from "vite";

/** The component library's rules for components that no page uses are left out of the built style sheets.
 *
 * Its classes are `m_` and a hash, and stand in the script of the component that has them. */
export function unusedStyles(): Plugin {
  return {
    name: "unused-styles",
    apply: "build",
    generateBundle(_, bundle) {
      const files = Object.values(bundle);
      const used = new Set<string>();
      for (const file of files) {
        if (file.type === "chunk") for (const [name] of file.code.matchAll(/\bm_[0-9a-z]+/g)) used.add(name);
      }
      for (const file of files) {
        if (file.type === "asset" && file.fileName.endsWith(".css")) file.source = kept(String(file.source), used);
      }
    },
  };
}

function kept(css: string, used: Set<string>): string {
  let left = "";
  for (let at = 0; at < css.length; ) {
    const open = css.indexOf("{", at);
    if (open < 0) return left + css.slice(at);
    const statement = css.indexOf(";", at);
    if (statement >= 0 && statement < open) {
      left += css.slice(at, statement + 1); // @charset, @layer, @import
      at = statement + 1;
      continue;
    }
    const end = closing(css, open);
    left += block(css.slice(at, open), css.slice(open + 1, end), used);
    at = end + 1;
  }
  return left;
}

function block(before: string, inside: string, used: Set<string>): string {
  if (/^\s*@(media|supports|layer|container)/.test(before)) {
    const some = kept(inside, used);
    return some.trim() === "" ? "" : `${before}{${some}}`;
  }
  if (before.includes("@")) return `${before}{${inside}}`;
  const selectors = split(before).filter((each) => [...each.matchAll(/\.(m_[0-9a-z]+)/g)].every((found) => used.has(found[1] ?? "")));
  return selectors.length === 0 ? "" : `${selectors.join(",")}{${inside}}`;
}

/** Where the brace that opens at `open` is closed. */
function closing(css: string, open: number): number {
  let depth = 0;
  let quote = "";
  for (let at = open; at < css.length; at += 1) {
    const letter = css[at] ?? "";
    if (letter === "\\") at += 1;
    else if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "{") depth += 1;
    else if (letter === "}" && --depth === 0) return at;
  }
  throw new Error("a style sheet with a brace that is never closed");
}

/** A list of selectors, at the commas that are in no bracket. */
function split(selectors: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of selectors) {
    if ("([".includes(letter)) depth += 1;
    if (")]".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

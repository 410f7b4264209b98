import type { ReactNode } from "react";

// WhatsApp's own markup: *bold*, _italic_, ~strike~, `code`, ```code```. A marker counts only when
// it touches the word on its inside and none on its outside. Everything else stays text.

const MARKS: Record<string, (inner: ReactNode, key: number) => ReactNode> = {
  "*": (inner, key) => <strong key={key}>{inner}</strong>,
  _: (inner, key) => <em key={key}>{inner}</em>,
  "~": (inner, key) => <s key={key}>{inner}</s>,
};

const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;
const DEPTH = 4;

export function markup(text: string): ReactNode[] {
  // Code first: nothing inside it is markup. The capture keeps the pieces in order.
  return text.split(/(```[\s\S]+?```|`[^`\n]+`)/).map((piece, index) => {
    if (piece.startsWith("```") && piece.length > 6) {
      return <code key={index}>{piece.slice(3, -3).replace(/^\n|\n$/g, "")}</code>;
    }
    if (piece.startsWith("`") && piece.endsWith("`") && piece.length > 2) {
      return <code key={index}>{piece.slice(1, -1)}</code>;
    }
    return <span key={index}>{inline(piece, DEPTH)}</span>;
  });
}

function inline(text: string, depth: number): ReactNode[] {
  const nodes: ReactNode[] = [];
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    const mark = text.charAt(at);
    const draw = MARKS[mark];
    const end = draw === undefined || depth === 0 ? -1 : closing(text, at, mark);
    if (draw === undefined || end < 0) {
      at += 1;
      continue;
    }
    if (at > plain) nodes.push(text.slice(plain, at));
    nodes.push(draw(inline(text.slice(at + 1, end), depth - 1), at));
    at = plain = end + 1;
  }
  if (plain < text.length) nodes.push(text.slice(plain));
  return nodes;
}

/** Where the mark that opens at `open` closes on the same line, or -1. */
function closing(text: string, open: number, mark: string): number {
  const before = text.charAt(open - 1);
  const first = text.charAt(open + 1);
  if (WORD.test(before) || first === "" || first === mark || SPACE.test(first)) return -1;
  for (let at = open + 2; at < text.length && text.charAt(at) !== "\n"; at += 1) {
    if (text.charAt(at) !== mark) continue;
    if (!SPACE.test(text.charAt(at - 1)) && !WORD.test(text.charAt(at + 1))) return at;
  }
  return -1;
}

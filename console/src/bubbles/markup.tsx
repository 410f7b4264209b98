import type { ReactNode } from "react";

// WhatsApp's own markup: *bold*, _italic_, ~strike~, `code`, ```code```, lines of lists and quotes. A
// marker counts only when it touches the word on its inside and none on its outside. The rest stays text.

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
  return text.split(/(```[\s\S]+?```)/).map((piece, index) => {
    if (piece.startsWith("```") && piece.length > 6) {
      return <code key={index}>{piece.slice(3, -3).replace(/^\n|\n$/g, "")}</code>;
    }
    return <span key={index}>{blocks(piece)}</span>;
  });
}

type Block = "plain" | "quote" | "bullets" | "numbers";

const STARTS: [Block, RegExp][] = [
  ["quote", /^> ?(?=\S)/],
  ["bullets", /^[-*] (?=\S)/],
  ["numbers", /^\d{1,4}\. (?=\S)/],
];

/** Lines that start alike make a list or a quote; the others stay as they stand. */
function blocks(text: string): ReactNode[] {
  const found: { block: Block; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const block = STARTS.find(([, start]) => start.test(line))?.[0] ?? "plain";
    const last = found.at(-1);
    if (last?.block === block) last.lines.push(line);
    else found.push({ block, lines: [line] });
  }
  return found.map(({ block, lines }, index) => drawn(block, lines, index));
}

function drawn(block: Block, lines: string[], key: number): ReactNode {
  if (block === "plain") return spoken(lines.join("\n"), key);
  const start = STARTS.find(([name]) => name === block)?.[1] ?? /^/;
  const inner = lines.map((line) => line.replace(start, ""));
  if (block === "quote") return <blockquote key={key}>{spoken(inner.join("\n"), 0)}</blockquote>;
  const items = inner.map((line, index) => <li key={index}>{spoken(line, 0)}</li>);
  if (block === "bullets") return <ul key={key}>{items}</ul>;
  return (
    <ol key={key} start={Number.parseInt(lines[0] ?? "1", 10)}>
      {items}
    </ol>
  );
}

function spoken(text: string, key: number): ReactNode {
  const pieces = text.split(/(`[^`\n]+`)/).map((piece, index) => {
    const code = piece.startsWith("`") && piece.endsWith("`") && piece.length > 2;
    return code ? <code key={index}>{piece.slice(1, -1)}</code> : <span key={index}>{inline(piece, DEPTH)}</span>;
  });
  return <span key={key}>{pieces}</span>;
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

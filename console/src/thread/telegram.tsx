// Telegram's HTML as elements of ours: a few tags, nothing else. It is parsed inert, so nothing in it runs or loads.
import type { ReactNode } from "react";

const PLAIN: Record<string, "strong" | "em" | "s" | "u" | "code" | "blockquote"> = {
  B: "strong",
  STRONG: "strong",
  I: "em",
  EM: "em",
  S: "s",
  DEL: "s",
  U: "u",
  CODE: "code",
  PRE: "code",
  BLOCKQUOTE: "blockquote",
};

export function telegram(html: string): ReactNode[] {
  const inert = new DOMParser().parseFromString(html, "text/html");
  return drawn(inert.body);
}

function drawn(parent: Node): ReactNode[] {
  return [...parent.childNodes].map((node, key) => {
    if (!(node instanceof Element)) return node.nodeType === Node.TEXT_NODE ? node.textContent : null;
    const Tag = PLAIN[node.tagName];
    if (Tag !== undefined) return <Tag key={key}>{drawn(node)}</Tag>;
    const href = node.tagName === "A" ? (node.getAttribute("href") ?? "") : "";
    if (!/^https?:\/\//i.test(href)) return <span key={key}>{drawn(node)}</span>;
    return (
      <a key={key} href={href} target="_blank" rel="noreferrer noopener">
        {drawn(node)}
      </a>
    );
  });
}

// What we said, in a list: without the signs that make it bold elsewhere.
const TAG = /<\/?(?:b|i|s|u|a|code|pre|blockquote|tg-spoiler)(?:\s[^<>]*)?(?:>|$)/g;
const PAIR = /(?<![\p{L}\p{N}])([*_~])(?=\S)([^*_~]+?)(?<=\S)\1(?![\p{L}\p{N}])/gu;
const LETTERS: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };

/** A text in WhatsApp's markup or in Telegram's, as it reads. */
export function plain(text: string): string {
  let shown = text.replaceAll("```", "").replace(TAG, "");
  for (let before = ""; before !== shown; ) {
    before = shown;
    shown = shown.replace(PAIR, "$2");
  }
  return shown.replace(/&(?:lt|gt|quot|amp);/g, (letter) => LETTERS[letter] ?? letter);
}

"""A long cited answer in English and Arabic, as a model writes it: it arrives as clean parts, in order."""

import re
from pathlib import Path

import pytest

from tests.text.checks import TelegramText, visible_words, whatsapp_pairs
from turnkeeper.model.limits import Markup
from turnkeeper.text.rendering import length, render

ANSWER = (Path(__file__).parent / "bilingual.md").read_text("utf-8")
CITED = re.compile(r"\[\d(?:, \d)*\]")


def shown(part: str, markup: Markup) -> str:
    return TelegramText(part).text if markup == "telegram" else part


@pytest.mark.parametrize("markup", ["whatsapp", "telegram", "plain"])
def test_four_parts_each_from_a_heading_on(markup: Markup) -> None:
    assert len(ANSWER) >= 12_000
    parts = render(ANSWER, markup, 4096, numbered=True)
    texts = [shown(part, markup) for part in parts]
    firsts = [text.strip("*").split("\n")[0].strip("*") for text in texts]
    assert len(parts) == 4
    assert firsts[0].startswith("Growing olives at home")
    assert all(re.match(r"[\d١-٩]\. ", first) for first in firsts[1:])
    assert [text.split("\n")[-1] for text in texts] == [f"({n}/4)" for n in range(1, 5)]
    assert all(1024 < length(part, markup) <= 4096 for part in parts)


@pytest.mark.parametrize("markup", ["whatsapp", "telegram", "plain"])
@pytest.mark.parametrize("limit", [4096, 1024, 300])
def test_nothing_is_lost_and_every_citation_stays_with_its_word(markup: Markup, limit: int) -> None:
    texts = [shown(part, markup) for part in render(ANSWER, markup, limit)]
    whole = shown(render(ANSWER, markup, 100_000)[0], markup)
    assert visible_words("".join(texts)) == visible_words(whole)
    assert sum(len(CITED.findall(text)) for text in texts) == len(CITED.findall(whole)) == len(CITED.findall(ANSWER))
    sources = {line[:3] for line in ANSWER.split("## Sources")[1].split("\n") if line.startswith("[")}
    for text in texts:
        assert not CITED.match(text) or text[:3] in sources


def test_styles_and_signs_are_whatsapps() -> None:
    parts = render(ANSWER, "whatsapp", 4096)
    whole = "\n".join(parts)
    pairs = whatsapp_pairs(whole)
    for expected in ("*in the order in which you asked them", "_olive knot", "~good", "*Do not prune in rain",
                     "*Variety", "*الجذع:", "_Xylella fastidiosa", "*كم ثمرًا أنتظر؟"):  # fmt: skip
        assert expected in pairs
    for gone in ("**", "__", "~~", "](", "|--", "# ", "\u200b", "\u200f"):
        assert gone not in whole.replace('litres a day")  # 0.64', "")
    assert "```\nd = 0.4\nlitres = d * d * 4\n" in whole
    assert "irrigation tables (https://example.org/irrigation/tables?crop=olive&climate=csa#pots) for" in whole
    assert "https://example.org/ioc/techniques_(2007).pdf\n" in whole
    assert "☑ jars boiled" in whole
    assert "1) *Water.*" in whole

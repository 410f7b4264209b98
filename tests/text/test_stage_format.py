"""Prompts with stages work as on the platform that they were written for; whatever a model answers can be sent."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.model.contents import Audio, Document, File, Image, Reply, Video
from turnkeeper.text.stage_format import Staged, instructions, read, stages

PROMPT = """You sell honey.
1. !!Stage Welcome Message!!
Purpose: greet
2. !!stage Collect Details!!
%%NAMA: [name]
ALAMAT: [address]%%
3. !!Stage Welcome Message!!"""
KNOWN = stages(PROMPT)


def image(link: str) -> Image:
    return Image(File(link=link))


def test_a_prompt_names_its_stages() -> None:
    assert KNOWN == ("Welcome Message", "Collect Details")
    assert stages("You sell honey!! Stage fright!") == ()
    told = instructions(PROMPT)
    assert '"Welcome Message", "Collect Details"' in told
    assert '"%%NAME: …\\nADDRESS: …%%"' in told


ITEMS = '[{"type": "text", "content": "Hi"}, {"type": "image", "content": "https://a.b/c.jpg"}]'
BOTH: tuple[Reply, ...] = ("Hi", image("https://a.b/c.jpg"))
CUT = '{"Stage": "A", "Response": [{"type": "text", "content": "Hi"}, {"type": "text", "content": "How a'
DEEP = '{"Response": ' + "[" * 500 + '"x"'
ALI = "%%NAMA: Ali\nALAMAT: KL%%"


def whole(*items: Any, stage: str = "A", detail: Any = "") -> str:
    return json.dumps({"Stage": stage, "Detail": detail, "Response": list(items)}, ensure_ascii=False)


def item(kind: str, content: str, **more: str) -> dict[str, str]:
    return {"type": kind, "content": content, **more}


@pytest.mark.parametrize(
    "label, answer, stage, detail, contents",
    [
        ("whole", f'{{"Stage": "Welcome Message", "Detail": "", "Response": {ITEMS}}}', "Welcome Message", None, BOTH),
        ("a detail", whole("x", detail=ALI), "A", "NAMA: Ali\nALAMAT: KL", ("x",)),
        ("its lines escaped twice", whole("x", detail="%%A: 1\\nB: 2%%"), "A", "A: 1\nB: 2", ("x",)),
        ("a detail as an object", whole("x", detail={"NAMA": "Ali"}), "A", "NAMA: Ali", ("x",)),
        ("a stage in other letters", '{"stage": "collect details", "response": "x"}', "Collect Details", None, ("x",)),
        ("a stage with its marks", whole("x", stage="!!Stage Welcome Message!!"), "Welcome Message", None, ("x",)),
        ("a stage with its word", whole("x", stage="Stage Welcome Message"), "Welcome Message", None, ("x",)),
        ("a stage that the prompt has not", whole("x", stage="Closing"), "Closing", None, ("x",)),
        ("in a fence, among words", f"Sure:\n```json\n{whole('Hi')}\n```\nDone.", "A", None, ("Hi",)),
        ("after words in braces", "{name}, " + whole("Hi"), "A", None, ("Hi",)),
        ("cut off", CUT, "A", None, ("Hi", "How a")),
        ("trailing commas", '{"Stage": "A", "Response": [{"type": "text", "content": "Hi",},],}', "A", None, ("Hi",)),
        ("single quotes", "{'Stage': 'A', 'Response': [{'type': 'text', 'content': 'Hi'}]}", "A", None, ("Hi",)),
        ("real line breaks in a string", '{"Stage": "A", "Response": ["a\nb"]}', "A", None, ("a\nb",)),
        ("one message", whole(item("text", "a", Jenis="onemessage"), item("text", "b", jenis="OneMessage"),
                              item("text", "c")), "A", None, ("a\nb", "c")),
        ("two single messages around a picture", whole(item("text", "a", Jenis="onemessage"),
         item("image", "https://a.b/c"), item("text", "b", Jenis="onemessage")), "A", None,
         ("a", image("https://a.b/c"), "b")),
        ("other files", whole({"type": "video", "url": "https://a.b/v"}, item("audio", "https://a.b/a"),
                              item("document", "https://a.b/d", caption="Menu")), "A", None,
         (Video(File(link="https://a.b/v")), Audio(File(link="https://a.b/a")),
          Document(File(link="https://a.b/d"), "Menu"))),
        ("a picture without an address", whole(item("image", "our shop")), "A", None, ("our shop",)),
        ("an address on this machine", whole(item("image", "file:///etc/x")), "A", None, ("file:///etc/x",)),
        ("marks within a text", whole("!!Stage Collect Details!!\nHi %%X: 1%%", stage=""), "Collect Details", "X: 1",
         ("Hi",)),
        ("JSON within a text", whole(item("text", whole("Hi", stage="B"))), "B", None, ("Hi",)),
        ("the older form", f"Stage: Welcome Message\nResponse: {ITEMS}", "Welcome Message", None, BOTH),
        ("a lone item", '{"type": "text", "content": "Hi"}', None, None, ("Hi",)),
        ("text with marks", f"!!Stage Collect Details!!\n{ALI}\nThank you!", "Collect Details",
         "NAMA: Ali\nALAMAT: KL", ("Thank you!",)),
        ("a mark that is not closed", "!!Stage Welcome Message\nHi", "Welcome Message", None, ("Hi",)),
        ("two details", "Noted %%A: 1%% and %%B: 2%%.", None, "A: 1\nB: 2", ("Noted  and .",)),
        ("a price", "Now 50%% off, was 60%% off", None, None, ("Now 50%% off, was 60%% off",)),
        ("only words", "Hello {there}", None, None, ("Hello {there}",)),
        ("bold as WhatsApp writes it", whole("*Hi* and **there**"), "A", None, ("**Hi** and **there**",)),
        ("broken beyond repair", '{"Stage" !!Stage Welcome Message!! {{{{ Hi', "Welcome Message", None,
         ('{"Stage"  {{{{ Hi',)),
        ("nested beyond measure", DEEP, None, None, (DEEP,)),
        ("cut off before its words", '{"Stage": "A", "Detail": "%%NAM', "A", "NAM", ()),
        ("a stage alone", '{"Stage": "A"}', "A", None, ()),
        ("nothing", " ", None, None, ()),
    ],
)  # fmt: skip
def test_what_models_answer(
    label: str, answer: str, stage: str | None, detail: str | None, contents: tuple[Reply, ...]
) -> None:
    assert read(answer, KNOWN) == Staged(contents, stage, detail)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters='%!"\\{}[]*_~`<>&', exclude_categories=["Cc", "Cs"]))
KINDS = st.sampled_from(["text", "image", "video", "audio", "TEXT", "sticker"])
ITEM = st.fixed_dictionaries({"type": KINDS, "content": WORDS}, optional={"Jenis": st.just("onemessage")})


def letters(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "")


def told(staged: Staged) -> str:
    return letters("".join(each if isinstance(each, str) else each.file.link for each in staged.contents))  # type: ignore[union-attr,misc]


@given(WORDS, st.lists(ITEM, max_size=4), st.sampled_from(["{}", "```json\n{}\n```", "Here:\n{}", "{}\nBye"]))
def test_no_word_of_the_response_is_lost(stage: str, items: list[dict[str, Any]], around: str) -> None:
    written = json.dumps({"Stage": stage, "Detail": "", "Response": items}, ensure_ascii=False)
    assert told(read(around.replace("{}", written))) == letters("".join(item["content"] for item in items))


@given(st.lists(st.sampled_from(["Hi ", "!!Stage A!!", "%%B: 1%%", "\n", "50%", "!", "{", "Stage", ": x"])))
def test_text_loses_its_marks_alone(pieces: list[str]) -> None:
    found = read("".join(pieces))
    assert told(found).count("Hi") == pieces.count("Hi ")
    assert "!!StageA!!" not in told(found)


@given(st.text(max_size=300) | st.text('{}[]",:\\ab%!Response Stage\n', max_size=120))
def test_it_never_raises(answer: str) -> None:
    read(answer, KNOWN)


@pytest.mark.parametrize(
    "answer",
    ["!!Stage" + " " * 100_000, "!!Stage " * 20_000, "%%a" * 30_001, "!!" * 50_000, "\nStage:" + " " * 100_000,
     "Stage: a\n" * 10_000 + "Response: [", "Response {" * 10_000],
)  # fmt: skip
def test_hard_answers_are_read_in_one_pass(answer: str) -> None:
    read(answer, KNOWN)
    stages(answer)


def test_what_the_page_shows_is_read_as_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs/stage-prompts.md").read_text("utf-8")
    prompt, answer, words = re.findall(r"^```(?:json)?\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    told = "NAME: Ali\nADDRESS: Kuala Lumpur"
    assert stages(prompt) == KNOWN
    assert read(answer, KNOWN) == Staged(
        ("Thank you, Ali!\nWe send it today.", image("https://example.org/honey.jpg")), "Collect Details", told
    )
    assert read(words, KNOWN) == Staged(("Thank you, Ali!",), "Collect Details", told)

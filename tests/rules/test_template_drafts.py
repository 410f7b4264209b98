"""What a provider would refuse a new template for."""

from dataclasses import replace
from typing import Any

import pytest

from turnkeeper.channels.whatsapp_cloud.drafts import draft_of
from turnkeeper.channels.whatsapp_cloud.template_management import _content
from turnkeeper.model.templates import DraftButton, TemplateDraft
from turnkeeper.rules.template_drafts import problems

GOOD = TemplateDraft(
    "seat", "en_US", "utility", "Dear {{1}}, your seat on {{2}} is kept.", {"1": "Ana", "2": "Friday"},
    header_kind="text", header="Dinner in {{1}}", header_example="May", footer="Kaiwa",
    buttons=(
        DraftButton("quick_reply", "Cancel"),
        DraftButton("url", "See", "https://a.test/{{1}}", "https://a.test/7"),
        DraftButton("phone_number", "Call", "+1 555 0100"),
        DraftButton("copy_code", example="SAVE"),
    ),
)  # fmt: skip
NAMED = replace(GOOD, body="Dear {{who}}!", examples={"who": "Ana"}, header="{{what}}", header_example="News")
QUICK = DraftButton("quick_reply", "Yes")
URL = DraftButton("url", "See", "https://a.test")


@pytest.mark.parametrize(
    "draft", [GOOD, NAMED, TemplateDraft("a", "en", "MARKETING", "Hi")], ids=["all", "names", "least"]
)
def test_what_is_good(draft: TemplateDraft) -> None:
    assert problems(draft) == []


def image(**more: Any) -> dict[str, Any]:
    return {"header_kind": "image", "header": "", "header_example": "4::x"} | more


@pytest.mark.parametrize(
    "label, changes, wrong",
    [
        ("a name", {"name": "Seat!"}, "a template's name is of a-z, 0-9 and _, not 'Seat!'"),
        ("a language", {"language": "en-US"}, "a language is written as en or en_US, not 'en-US'"),
        ("a category", {"category": "news"}, "the category is marketing or utility, not 'news'"),
        ("authentication", {"category": "authentication"},
         "the words of an authentication template are Meta's own: make it in WhatsApp Manager"),
        ("no words", {"body": " ", "examples": {}}, "the body has no words"),
        ("too many words", {"body": "x" * 1025, "examples": {}}, "the body is longer than 1024 characters"),
        ("a parameter first", {"body": "{{1}} is it", "examples": {"1": "a"}},
         "the body begins or ends with a parameter: put words around it"),
        ("a parameter last", {"body": "it is {{1}} ", "examples": {"1": "a"}},
         "the body begins or ends with a parameter: put words around it"),
        ("side by side", {"body": "it is {{1}} {{2}}."},
         "two parameters of the body stand side by side: put words between them"),
        ("a gap", {"body": "a {{1}} b {{3}} c", "examples": {"1": "a", "3": "b"}},
         "the parameters of the body are numbered from 1, in order and without gaps, not {{1}}, {{3}}"),
        ("out of order", {"body": "a {{2}} b {{1}} c"},
         "the parameters of the body are numbered from 1, in order and without gaps, not {{2}}, {{1}}"),
        ("numbers and names", {"body": "a {{1}} b", "examples": {"1": "a"}, "header": "{{x}}"},
         "its parameters have numbers or names, not both"),
        ("a number and a name", {"body": "a {{1}} b {{who}} c", "examples": {"1": "a", "who": "b"}},
         "its parameters have numbers or names, not both"),
        ("a name in capitals", {"body": "a {{Who}} b", "examples": {"Who": "a"}, "header_kind": None, "header": "",
          "header_example": ""}, "'Who' is no name of a parameter: a number, or a-z, 0-9 and _"),
        ("braces", {"body": "Dear {{1}, it is {{2}}.", "examples": {"2": "a"}}, None),
        ("no example", {"examples": {"1": "a", "2": " "}}, "parameter 2 has no example"),
        ("an example too many", {"examples": {"1": "a", "2": "b", "3": "c"}},
         "there is an example for 3, but no such parameter in the body"),
        ("a long header", {"header": "x" * 61, "header_example": ""}, "the header is longer than 60 characters"),
        ("no header", {"header": "", "header_example": ""}, "the header has no words"),
        ("two in the header", {"header": "{{1}} {{2}}"}, "a header has one parameter at most"),
        ("the header's number", {"header": "a {{2}}"}, "the parameter of the header is {{1}}"),
        ("the header's example", {"header_example": ""}, "the header's parameter has no example"),
        ("an example for nothing", {"header": "Dinner"}, "the header's example is for no parameter"),
        ("a picture without example", image(header_example=""),
         "the header's image has no example: the handle of an upload, 4::…"),
        ("a picture with words", image(header="x"), "a header is words or image, not both"),
        ("a long footer", {"footer": "x" * 61}, "the footer is longer than 60 characters"),
        ("a parameter in the footer", {"footer": "a {{1}}"}, "a footer has no parameter"),
        ("eleven buttons", {"buttons": tuple(DraftButton("quick_reply", str(n)) for n in range(11))},
         "there are 11 buttons, 10 at most"),
        ("a flow", {"buttons": (DraftButton("flow", "x"),)},
         "button 0: its kind is one of url, quick_reply, phone_number, copy_code, not 'flow'"),
        ("a long label", {"buttons": (DraftButton("quick_reply", "x" * 26),)},
         "button 0: its label has 1 to 25 characters"),
        ("no address", {"buttons": (DraftButton("url", "x", "shop"),)}, "button 0: it opens an https address"),
        ("a parameter in the middle", {"buttons": (DraftButton("url", "x", "https://a.t/{{1}}/x", "https://a.t/1/x"),)},
         "button 0: its address has one parameter at most, at the end"),
        ("an address without example", {"buttons": (DraftButton("url", "x", "https://a.test/{{1}}"),)},
         "button 0: its address has a parameter and no example: a whole address"),
        ("a long address", {"buttons": (DraftButton("url", "x", "https://a.test/" + "x" * 2000),)},
         "button 0: its address is longer than 2000 characters"),
        ("no number", {"buttons": (DraftButton("phone_number", "x", "call me"),)},
         "button 0: it opens a phone number with its country's code, of 20 characters at most"),
        ("a long code", {"buttons": (DraftButton("copy_code", example="x" * 16),)},
         "button 0: its example is a code of 1 to 15 characters"),
        ("three addresses", {"buttons": tuple(replace(URL, text=str(n)) for n in range(3))},
         "there are 3 buttons of kind url, 2 at most"),
        ("two codes", {"buttons": (DraftButton("copy_code", example="A"), DraftButton("copy_code", example="B"))},
         "there are 2 buttons of kind copy_code, 1 at most"),
        ("replies apart", {"buttons": (QUICK, URL, replace(QUICK, text="No"))},
         "quick replies stand together, before or after the other buttons"),
        ("the same label", {"buttons": (QUICK, QUICK)}, "two buttons have the same label"),
    ],
)  # fmt: skip
def test_what_is_wrong(label: str, changes: dict[str, Any], wrong: str | None) -> None:
    found = problems(replace(GOOD, **changes))
    if wrong is None:
        assert any("braces that are no parameter" in each for each in found), found
    else:
        assert found == [wrong], label


@pytest.mark.parametrize("draft", [GOOD, NAMED, replace(GOOD, **image()), TemplateDraft("a", "en", "utility", "Hi")])
def test_the_graph_apis_own_form_says_the_same(draft: TemplateDraft) -> None:
    item = {"name": draft.name, "language": draft.language, **_content(draft)}
    assert replace(draft_of(item), category=draft.category) == draft


@pytest.mark.parametrize(
    "item",
    [
        {"components": None},
        {"components": [3, {"type": "BODY", "example": 5}]},
        {"name": 3, "components": [{"type": "BUTTONS", "buttons": [None, {"type": "URL"}]}]},
    ],
)
def test_nonsense_is_told_not_raised(item: dict[str, Any]) -> None:
    assert problems(draft_of(item))

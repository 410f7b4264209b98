"""What a provider would refuse a new template for, said before it is submitted.

Source: Meta's references of template components and of rejections, read 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from urllib.parse import urlsplit

from turnkeeper.model.templates import DraftButton, TemplateDraft

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,5})*")
_PARAMETER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_GOOD_NAME = re.compile(r"[a-z][a-z0-9_]*|[1-9][0-9]?")
_SIDE_BY_SIDE = re.compile(r"\}\}\s*\{\{")
_PHONE = re.compile(r"\+?[0-9 ()-]{3,20}")
_LONGEST_BODY = 1024
_LONGEST_LINE = 60
_LONGEST_LABEL = 25
_LONGEST_URL = 2000
_LONGEST_CODE = 15
_MOST_BUTTONS = 10
_MOST_OF_A_KIND = {"url": 2, "phone_number": 1, "copy_code": 1}
_KINDS = ("url", "quick_reply", "phone_number", "copy_code")


def problems(draft: TemplateDraft) -> list[str]:
    """What is wrong with it, a sentence's words each; empty if nothing."""
    return [*_head(draft), *_body(draft), *_header(draft), *_footer(draft), *_buttons(draft.buttons)]


def _head(draft: TemplateDraft) -> Iterator[str]:
    if not _NAME.fullmatch(draft.name):
        yield f"a template's name is of a-z, 0-9 and _, not {draft.name[:80]!r}"
    if not _LANGUAGE.fullmatch(draft.language):
        yield f"a language is written as en or en_US, not {draft.language[:20]!r}"
    if draft.category.upper() == "AUTHENTICATION":
        yield "the words of an authentication template are Meta's own: make it in WhatsApp Manager"
    elif draft.category.upper() not in ("MARKETING", "UTILITY"):
        yield f"the category is marketing or utility, not {draft.category[:40]!r}"


def _body(draft: TemplateDraft) -> Iterator[str]:
    text = draft.body.strip()
    if not text:
        yield "the body has no words"
    if len(draft.body) > _LONGEST_BODY:
        yield f"the body is longer than {_LONGEST_BODY} characters"
    if _PARAMETER.match(text) or re.search(_PARAMETER.pattern + r"\Z", text):
        yield "the body begins or ends with a parameter: put words around it"
    if _SIDE_BY_SIDE.search(text):
        yield "two parameters of the body stand side by side: put words between them"
    yield from _parameters(draft)


def _parameters(draft: TemplateDraft) -> Iterator[str]:
    given = [*_PARAMETER.findall(draft.body), *_PARAMETER.findall(draft.header)]
    for part, text in (("body", draft.body), ("header", draft.header), ("footer", draft.footer)):
        rest = _PARAMETER.sub("", text)
        if "{{" in rest or "}}" in rest:
            yield f"the {part} has braces that are no parameter: write {{{{1}}}} or {{{{name}}}}"
    for name in dict.fromkeys(given):
        if not _GOOD_NAME.fullmatch(name):
            yield f"{name[:40]!r} is no name of a parameter: a number, or a-z, 0-9 and _"
    numbered = [name.isdigit() for name in given]
    if any(numbered) and not all(numbered):
        yield "its parameters have numbers or names, not both"
    yield from _sequence(list(dict.fromkeys(_PARAMETER.findall(draft.body))))
    yield from _examples(draft)


def _sequence(names: Sequence[str]) -> Iterator[str]:
    wanted = [str(place) for place in range(1, len(names) + 1)]
    if names and all(name.isdigit() for name in names) and list(names) != wanted:
        shown = ", ".join(f"{{{{{name}}}}}" for name in names)
        yield f"the parameters of the body are numbered from 1, in order and without gaps, not {shown}"


def _examples(draft: TemplateDraft) -> Iterator[str]:
    wanted = dict.fromkeys(_PARAMETER.findall(draft.body))
    for name in wanted:
        if not draft.examples.get(name, "").strip():
            yield f"parameter {name} has no example"
    for name in draft.examples:
        if name not in wanted:
            yield f"there is an example for {name}, but no such parameter in the body"


def _header(draft: TemplateDraft) -> Iterator[str]:
    if draft.header_kind is None or draft.header_kind == "text":
        names = _PARAMETER.findall(draft.header)
        if draft.header_kind == "text" and not draft.header.strip():
            yield "the header has no words"
        if len(draft.header) > _LONGEST_LINE:
            yield f"the header is longer than {_LONGEST_LINE} characters"
        if len(names) > 1:
            yield "a header has one parameter at most"
        if names and names[0].isdigit() and names[0] != "1":
            yield "the parameter of the header is {{1}}"
        if bool(names) != bool(draft.header_example.strip()):
            yield "the header's parameter has no example" if names else "the header's example is for no parameter"
    else:
        if draft.header:
            yield f"a header is words or {draft.header_kind}, not both"
        if draft.header_kind != "location" and not draft.header_example:
            yield f"the header's {draft.header_kind} has no example: the handle of an upload, 4::…"


def _footer(draft: TemplateDraft) -> Iterator[str]:
    if len(draft.footer) > _LONGEST_LINE:
        yield f"the footer is longer than {_LONGEST_LINE} characters"
    if _PARAMETER.search(draft.footer):
        yield "a footer has no parameter"


def _buttons(buttons: Sequence[DraftButton]) -> Iterator[str]:
    if len(buttons) > _MOST_BUTTONS:
        yield f"there are {len(buttons)} buttons, {_MOST_BUTTONS} at most"
    for index, button in enumerate(buttons):
        for problem in _button(button):
            yield f"button {index}: {problem}"
    for kind, most in _MOST_OF_A_KIND.items():
        count = sum(button.kind == kind for button in buttons)
        if count > most:
            yield f"there are {count} buttons of kind {kind}, {most} at most"
    groups = [quick for quick, _ in groupby(button.kind == "quick_reply" for button in buttons)]
    if len(groups) > 2:
        yield "quick replies stand together, before or after the other buttons"
    labels = [button.text for button in buttons if button.text]
    if len(set(labels)) != len(labels):
        yield "two buttons have the same label"


def _button(button: DraftButton) -> Iterator[str]:
    if button.kind not in _KINDS:
        yield f"its kind is one of {', '.join(_KINDS)}, not {button.kind!r}"
    elif button.kind == "copy_code":
        if not 0 < len(button.example) <= _LONGEST_CODE:
            yield f"its example is a code of 1 to {_LONGEST_CODE} characters"
    elif not 0 < len(button.text.strip()) <= _LONGEST_LABEL:
        yield f"its label has 1 to {_LONGEST_LABEL} characters"
    if button.kind == "url":
        yield from _address(button)
    if button.kind == "phone_number" and not _PHONE.fullmatch(button.opens):
        yield "it opens a phone number with its country's code, of 20 characters at most"


def _address(button: DraftButton) -> Iterator[str]:
    names = _PARAMETER.findall(button.opens)
    plain = _PARAMETER.sub("x", button.opens)
    if not plain.startswith(("https://", "http://")) or not urlsplit(plain).hostname:
        yield "it opens an https address"
    if len(button.opens) > _LONGEST_URL:
        yield f"its address is longer than {_LONGEST_URL} characters"
    if names and (len(names) > 1 or not button.opens.endswith("}}")):
        yield "its address has one parameter at most, at the end"
    if names and not button.example:
        yield "its address has a parameter and no example: a whole address"

"""A template's parameters, by themselves and against definitions as the Graph API lists them."""

from typing import Any

import pytest

from turnkeeper.channels.whatsapp_cloud.templates import definition_of
from turnkeeper.model.contents import File, Location, Template, TemplateButton
from turnkeeper.model.templates import DefinedButton, TemplateDefinition
from turnkeeper.rules.templates import check, problems

PNG = File(key="k", mime="image/png")
PDF = File(link="https://a.test/b.pdf")
SHOP = Location(1, 2, "Shop", "Street 1")
QUICK, URL = TemplateButton("quick_reply", "yes"), TemplateButton("url", "x", 1)


def made(**more: Any) -> Template:
    return Template("bill", "en_US", **more)


@pytest.mark.parametrize(
    "label, template, wrong",
    [
        ("nothing", made(), []),
        ("all kinds of values", made(body=("Ada", "5 €", "a    b"), buttons=(QUICK, URL)), []),
        ("names", made(named={"first_name": "Ada"}, header="May", header_name="month"), []),
        ("a language of its own", Template("bill", "fil"), []),
        ("a script", Template("bill", "zh_Hant_TW"), []),
        ("a name with capitals", Template("Bill", "en"), ["a template's name is of a-z, 0-9 and _, not 'Bill'"]),
        ("a name with a line", Template("bill\n", "en"), ["a template's name is of a-z, 0-9 and _, not 'bill\\n'"]),
        ("no name", Template("", "en"), ["a template's name is of a-z, 0-9 and _, not ''"]),
        ("a language with a dash", Template("bill", "en-US"), ["a language is written as en or en_US, not 'en-US'"]),
        ("order and names", made(body=("a",), named={"b": "c"}),
         ["parameters are given in order or by name, not both"]),
        ("a name in capitals", made(named={"Who": "c"}), ["a parameter's name is of a-z, 0-9 and _, not 'Who'"]),
        ("a header's name", made(header="a", header_name="A"), ["a parameter's name is of a-z, 0-9 and _, not 'A'"]),
        ("an empty value", made(body=("a", " ")), ["parameter 2 is empty"]),
        ("a line break", made(body=("a\nb",)), ["parameter 1 holds a new line or a tab"]),
        ("a tab", made(named={"who": "a\tb"}), ["parameter who holds a new line or a tab"]),
        ("five spaces", made(header="a     b"), ["the header holds more than 4 spaces in a row"]),
        ("as long as may be", made(body=("x" * 1024,)), []),
        ("too long", made(body=("x" * 1025,)), ["parameter 1 is longer than 1024 characters"]),
        ("two headers", made(header="a", header_file=PNG), ["a header is words, a file or a place, one of them"]),
        ("a header without its file", made(header_kind="image"), ["the header's image is missing"]),
        ("another kind of file", made(header_file=PNG, header_kind="video"),
         ["the header's file is image/png, not a video"]),
        ("any file is a document", made(header_file=PNG, header_kind="document"), []),
        ("a file of unknown type", made(header_file=PDF, header_kind="image"), []),
        ("a place", made(header_location=SHOP), []),
        ("no place on earth", made(header_location=Location(91, 2, "S", "A")), ["the header's place does not exist"]),
        ("a place without address", made(header_location=Location(9, 2, "S")),
         ["the header's place needs a name and an address"]),
        ("a button far away", made(buttons=(TemplateButton("url", "x", 10),)),
         ["button 10: a template has buttons 0 to 9"]),
        ("a button before the first", made(buttons=(TemplateButton("url", "x", -1),)),
         ["button -1: a template has buttons 0 to 9"]),
        ("a button twice", made(buttons=(QUICK, QUICK)), ["button 0 is given twice"]),
        ("a button without value", made(buttons=(TemplateButton("url", ""),)), ["button 0 is empty"]),
        ("a button with a line break", made(buttons=(TemplateButton("quick_reply", "a\n"),)),
         ["button 0 holds a new line or a tab"]),
        ("a long code", made(buttons=(TemplateButton("copy_code", "x" * 16),)),
         ["button 0: a code is at most 15 characters long"]),
    ],
)  # fmt: skip
def test_what_is_wrong_whatever_the_definition(label: str, template: Template, wrong: list[str]) -> None:
    assert problems(template) == wrong


ITEM: dict[str, Any] = {
    "id": "1", "name": "bill", "language": "en_US", "status": "APPROVED", "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Bill of {{1}}"},
        {"type": "BODY", "text": "Dear {{1}}, it is {{2}}. Yes, {{2}}."},
        {"type": "FOOTER", "text": "The shop"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Fine"},
            {"type": "URL", "text": "See", "url": "https://a.test/{{1}}"},
            {"type": "URL", "text": "Home", "url": "https://a.test"},
            {"type": "COPY_CODE", "example": "25OFF"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+1"},
            {"type": "FLOW", "text": "Form"},
            {"type": "SPM", "text": "?"},
        ]},
    ],
}  # fmt: skip
BILL = TemplateDefinition(
    "bill",
    "en_US",
    "APPROVED",
    "UTILITY",
    header="text",
    header_values=("1",),
    body=("1", "2"),
    text="Dear {{1}}, it is {{2}}. Yes, {{2}}.",
    buttons=(
        DefinedButton("quick_reply", "Fine", may=True),
        DefinedButton("url", "See", wants=True, may=True, opens="https://a.test/{{1}}"),
        DefinedButton("url", "Home", opens="https://a.test"),
        DefinedButton("copy_code", "", wants=True, may=True),
        DefinedButton("phone_number", "Call", opens="+1"),
        DefinedButton("flow", "Form", may=True),
        DefinedButton("other", "?"),
    ),
    header_text="Bill of {{1}}",
    footer="The shop",
)


def test_a_definition_is_read() -> None:
    assert definition_of(ITEM) == BILL


@pytest.mark.parametrize(
    "label, item, expected",
    [
        ("nothing", {}, None),
        ("no language", {"name": "a"}, None),
        ("odd in every place", {"name": "a", "language": "en", "status": 5, "parameter_format": None, "components": [
            None, "x", {"type": None}, {"type": "BODY", "text": []}, {"type": "BUTTONS", "buttons": [None, 5]}]},
         TemplateDefinition("a", "en", "5", buttons=(DefinedButton("other"), DefinedButton("other")))),
        ("components that are none", {"name": "a", "language": "en", "components": {}},
         TemplateDefinition("a", "en", "")),
        ("names", {"name": "a", "language": "en", "status": "PAUSED", "parameter_format": "named", "components": [
            {"type": "header", "format": "image"}, {"type": "body", "text": "{{ who }} and {{what_2}}"}]},
         TemplateDefinition("a", "en", "PAUSED", named=True, header="image", body=("who", "what_2"),
                            text="{{ who }} and {{what_2}}")),
    ],
)  # fmt: skip
def test_odd_definitions(label: str, item: dict[str, Any], expected: TemplateDefinition | None) -> None:
    assert definition_of(item) == expected


GOOD = made(header="May", body=("Ada", "5 €"), buttons=(URL, TemplateButton("copy_code", "25OFF", 3)))
NAMED = TemplateDefinition("bill", "en_US", named=True, header="text", header_values=("month",), body=("who", "sum"))
PICTURE = TemplateDefinition("bill", "en_US", header="image")
SIGN = TemplateDefinition("bill", "en_US", header="text")


def changed(**more: Any) -> Template:
    values = {name: getattr(GOOD, name) for name in ("header", "body", "buttons")}
    return made(**(values | more))


@pytest.mark.parametrize(
    "label, template, definition, wrong",
    [
        ("as defined", GOOD, BILL, []),
        ("with the buttons that may have a value", changed(buttons=(QUICK, *GOOD.buttons,
         TemplateButton("flow", "t", 5))),
         BILL, []),
        ("another", Template("other", "en_US"), PICTURE,
         ["this is the definition of bill in en_US", "its header wants an image, not nothing"]),
        ("paused", made(), TemplateDefinition("bill", "en_US", "PAUSED"),
         ["the template is paused, only an approved one is sent"]),
        ("too few", changed(body=("Ada",)), BILL, ["it has 2 parameters, 1 are given"]),
        ("too many", changed(body=("Ada", "5", "6")), BILL, ["it has 2 parameters, 3 are given"]),
        ("names for an order", changed(body=(), named={"a": "1", "b": "2"}), BILL,
         ["its parameters have an order, not names"]),
        ("too long with its text", changed(body=("x" * 900, "y" * 60)), BILL,
         ["with its parameters it is longer than 1024 characters"]),
        ("no header", changed(header=None), BILL, ["its header wants words, not nothing"]),
        ("a picture for words", changed(header=None, header_file=PNG), BILL, ["its header wants words, not an image"]),
        ("a button without value", changed(buttons=(URL,)), BILL, ["button 3 (copy_code) wants a value"]),
        ("a value for a fixed url", changed(buttons=(*GOOD.buttons, TemplateButton("url", "x", 2))), BILL,
         ["button 2 takes no value"]),
        ("another kind of button", changed(buttons=(*GOOD.buttons, TemplateButton("url", "x", 0))), BILL,
         ["button 0 is a quick_reply, not a url"]),
        ("a button too many", changed(buttons=(*GOOD.buttons, TemplateButton("url", "x", 7))), BILL,
         ["it has 7 buttons, none at 7"]),
        ("by name", made(named={"sum": "5", "who": "Ada"}, header="May", header_name="month"), NAMED, []),
        ("an order for names", made(body=("5", "Ada"), header="May", header_name="month"), NAMED,
         ["its parameters have names"]),
        ("other names", made(named={"who": "Ada", "whom": "Bob"}, header="May", header_name="month"), NAMED,
         ["parameter sum is missing", "there is no parameter whom"]),
        ("a header without its name", made(named={"sum": "5", "who": "Ada"}, header="May"), NAMED,
         ["header parameter month is missing", "there is no header parameter "]),
        ("a picture", made(header_file=PNG), PICTURE, []),
        ("a picture by its link", made(header_file=PDF, header_kind="image"), PICTURE, []),
        ("a document for a picture", made(header_file=PDF), PICTURE, ["its header wants an image, not a document"]),
        ("words for a sign", made(header="May"), SIGN, ["its header takes no parameter"]),
        ("words for nothing", made(header="May"), TemplateDefinition("bill", "en_US"), ["it has no header"]),
        ("a place", made(header_location=SHOP), TemplateDefinition("bill", "en_US", header="location"), []),
        ("and by itself", made(body=("",)), TemplateDefinition("bill", "en_US", body=("1",)), ["parameter 1 is empty"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_definition(
    label: str, template: Template, definition: TemplateDefinition, wrong: list[str]
) -> None:
    assert check(template, definition) == wrong

"""What our check lets through, the fake of Meta takes, and the other way round: two readings of one reference."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.channels.whatsapp_cloud.bodies import body_of
from turnkeeper.channels.whatsapp_cloud.templates import definition_of
from turnkeeper.model.contents import File, Location, Template, TemplateButton
from turnkeeper.rules.templates import misfits
from turnkeeper.testing.fake_graph.errors import GraphError
from turnkeeper.testing.fake_graph.template_rules import check_against
from turnkeeper.testing.fake_graph.template_shape import check_template

VALUES = st.sampled_from(["Ada", "5 €", "a    b", "a     b", "a\nb", "", "x" * 1000])
GOOD = st.sampled_from(["Ada", "5 €", "a    b"])
HEADERS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "Plain"},
    {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"},
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "HEADER", "format": "LOCATION"},
]
BUTTONS: list[dict[str, Any]] = [
    {"type": "QUICK_REPLY", "text": "Yes"},
    {"type": "URL", "text": "See", "url": "https://a.test/{{1}}"},
    {"type": "URL", "text": "Home", "url": "https://a.test/"},
    {"type": "COPY_CODE", "example": "SAVE"},
]
PICTURE = File(link="https://a.test/b.png")
PLACE = Location(1, 2, "Shop", "Street 1")


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """A template as the Graph API lists it."""
    count = draw(st.integers(0, 3))
    body = {"type": "BODY", "text": "Dear " + ", ".join(f"{{{{{place + 1}}}}}" for place in range(count)) + "!"}
    header = draw(st.none() | st.sampled_from(HEADERS))
    buttons = draw(st.lists(st.sampled_from(BUTTONS), max_size=3))
    components = [*([header] if header else []), body, *([{"type": "BUTTONS", "buttons": buttons}] if buttons else [])]
    return {"name": "bill", "language": "en", "status": "APPROVED", "category": "UTILITY", "components": components}


@st.composite
def sent(draw: st.DrawFn, item: dict[str, Any]) -> Template:
    """A template that often fits the item, and often nearly."""
    by_type = {each["type"]: each for each in item["components"]}
    count = by_type["BODY"]["text"].count("{{") + draw(st.sampled_from([0, 0, 0, 1, -1]))
    value = draw(st.sampled_from([GOOD, GOOD, VALUES]))
    header = by_type.get("HEADER", {})
    wanted = "place" if header.get("format") == "LOCATION" else "picture" if header.get("format") == "IMAGE" else None
    wanted = "words" if "{{" in header.get("text", "") else wanted
    given_ = draw(st.sampled_from([wanted, wanted, wanted, None, "words", "picture", "place"]))
    defined = by_type.get("BUTTONS", {}).get("buttons", [])
    buttons = [_button(draw, index, each) for index, each in enumerate(defined)]
    buttons += [TemplateButton("url", "x", len(defined))] if draw(st.integers(0, 9)) == 0 else []
    return Template(
        "bill",
        "en",
        tuple(draw(value) for _ in range(max(0, count))),
        header=draw(value) if given_ == "words" else None,
        header_file=PICTURE if given_ == "picture" else None,
        header_kind="image" if given_ == "picture" else None,
        header_location=PLACE if given_ == "place" else None,
        buttons=tuple(each for each in buttons if each is not None),
    )


def _button(draw: st.DrawFn, index: int, defined: dict[str, Any]) -> TemplateButton | None:
    fits: dict[str, Any] = {"QUICK_REPLY": "quick_reply", "URL": "url", "COPY_CODE": "copy_code"}
    takes = defined["type"] != "URL" or "{{" in defined["url"]
    if draw(st.sampled_from([not takes, not takes, not takes, True, False])):
        return None
    kind = draw(st.sampled_from([fits[defined["type"]]] * 4 + ["url", "quick_reply", "copy_code"]))
    return TemplateButton(kind, draw(st.sampled_from(["SAVE", "SAVE", "x" * 15, "x" * 16])), index)


def takes(item: dict[str, Any], template: Template) -> bool:
    """Whether the fake does."""
    payload: Any = body_of(template, {})["template"]
    try:
        check_template(payload)
        check_against(item["components"], "POSITIONAL", "UTILITY", payload)
    except GraphError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_our_check_and_the_fake_say_the_same(data: st.DataObject) -> None:
    item = data.draw(items())
    template = data.draw(sent(item))
    definition = definition_of(item)
    assert definition is not None
    wrong = misfits(template, definition)
    assert takes(item, template) == (not wrong), wrong

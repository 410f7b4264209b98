"""Templates as the person sees them."""

import pytest

from turnkeeper.model.contents import File, Location, Template, TemplateButton
from turnkeeper.model.templates import DefinedButton, TemplateDefinition
from turnkeeper.text.template_preview import preview

BUTTONS = (
    DefinedButton("url", "Pay", wants=True, may=True, opens="a.t/{{1}}?x"),
    DefinedButton("quick_reply", "No", may=True),
    DefinedButton("copy_code", "", wants=True, may=True),
    DefinedButton("phone_number", "Call", opens="+1"),
)
BILL = TemplateDefinition(
    "bill", "en", header="text", header_values=("1",), body=("1", "2"), text="Dear {{1}}, it is {{ 2 }}. Yes, {{2}}.",
    buttons=BUTTONS, header_text="For {{1}}", footer="Us",
)  # fmt: skip
NAMED = TemplateDefinition("bill", "en", named=True, body=("who",), text="Dear {{who}}!")
SHOP = Location(1, 2, "Shop", "Street 1")


def of(kind: str) -> TemplateDefinition:
    return TemplateDefinition("a", "en", header=kind, text="Hi")  # type: ignore[arg-type]


def given(**more: object) -> Template:
    return Template("bill", "en", **more)  # type: ignore[arg-type]


CODES = (TemplateButton("url", "7", 0), TemplateButton("quick_reply", "secret", 1), TemplateButton("copy_code", "X", 2))


@pytest.mark.parametrize(
    "label, template, definition, expected",
    [
        ("all of it", given(body=("Ada", "5 €"), header="May", buttons=CODES), BILL,
         "For May\n\nDear Ada, it is 5 €. Yes, 5 €.\n\nUs\n\n[Pay: a.t/7?x] [No] [copy code: X] [Call: +1]"),
        ("nothing given", given(), BILL,
         "For {{1}}\n\nDear {{1}}, it is {{ 2 }}. Yes, {{2}}.\n\nUs\n\n[Pay: a.t/{{1}}?x] [No] [copy code] [Call: +1]"),
        ("by name", given(named={"who": "Ada"}), NAMED, "Dear Ada!"),
        ("a value that looks like a parameter", given(named={"who": "{{who}} \\1"}), NAMED, "Dear {{who}} \\1!"),
        ("a picture", given(header_file=File(link="https://a.test/b/c.png?d=e")), of("image"), "[image: c.png]\n\nHi"),
        ("a named file", given(header_file=File(key="k", filename="bill.pdf")), of("document"),
         "[document: bill.pdf]\n\nHi"),
        ("a film, not given", given(), of("video"), "[video]\n\nHi"),
        ("a place", given(header_location=SHOP), of("location"), "[location: Shop, Street 1]\n\nHi"),
        ("only words", given(), TemplateDefinition("a", "en", text="Hi"), "Hi"),
    ],
)  # fmt: skip
def test_what_the_person_sees(label: str, template: Template, definition: TemplateDefinition, expected: str) -> None:
    assert preview(template, definition) == expected, label

"""The table of `template`."""

from tests.support.flow_cases import Case, Wrong, table_of
from turnkeeper.flows.effects import Say
from turnkeeper.flows.nodes.base import Leave
from turnkeeper.flows.signals import Replied
from turnkeeper.model.contents import Template


def sent(template: Template) -> Leave:
    return Leave(effects=(Say(template),), why="template order")


CASES = [
    Case("sends", {"name": "order"}, sent(Template("order", "en"))),
    Case(
        "in a language",
        {"name": "order", "language": {"en": "en_US", "id": "id"}},
        sent(Template("order", "id")),
        language="id",
    ),
    Case(
        "filled in",
        {
            "name": "order",
            "body": ["{{contact.name}}", "{{none}}"],
            "named": {"a": "{{n}}"},
            "header": "To {{contact.city}}",
        },
        sent(Template("order", "en", ("Ana", "-"), {"a": "3"}, header="To Kota")),
        variables={"n": 3},
    ),
    Case(
        "a hostile value stays on one line and is no mark",
        {"name": "order", "body": ["{{x}}"]},
        sent(Template("order", "en", ("{{secret}} {{{x}} b",))),
        variables={"x": "{{secret}}\n\n\t{{{x}}   b"},
    ),
    Case(
        "a long value",
        {"name": "order", "body": ["{{x}}"]},
        sent(Template("order", "en", ("x" * 1000,))),
        variables={"x": "x" * 2000},
    ),
    Case("hears nothing", {"name": "order"}, None, Replied("x")),
]
WRONG: list[Wrong] = [
    ("right", {"name": "order"}, []),
    ("none", {"name": ""}, ["it names no template"]),
    ("not there", {"name": "gone"}, ["there is no template 'gone'"]),
]

test_moves, test_problems = table_of("template", CASES, WRONG)

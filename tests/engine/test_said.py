"""What a bot says on its way to the row: rendered, fitted, noted; what cannot be said fails alone."""

import msgspec
import pytest
import structlog

from tests.engine.bots import Scripted
from turnkeeper.channels.base import Capabilities
from turnkeeper.channels.whatsapp_cloud.limits import LIMITS
from turnkeeper.engine.answer import Answer, Later, Work
from turnkeeper.engine.rendering import rendered
from turnkeeper.model.contents import Buttons, Content, Document, File, Image, Refused, Reply, Template, Text, UrlButton
from turnkeeper.model.events import Choice
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time

ABLE = Capabilities(LIMITS, "whatsapp")
PNG = File(key="k", mime="image/png")
MANY = tuple(f"{n}" for n in range(12))


@pytest.mark.parametrize(
    "label, reply, contents, notes",
    [
        ("markdown in a body", Buttons("**Well?**", ("A",)), [Buttons("*Well?*", ("A",))], []),
        ("markdown in a caption", Image(PNG, "**A** cat"), [Image(PNG, "*A* cat")], []),
        ("no markdown elsewhere", UrlButton("x", "**a**", "https://a.test", "**h**", "**f**"),
         [UrlButton("x", "**a**", "https://a.test", "**h**", "**f**")], []),
        ("a body that fits", Buttons("a" * 1000 + "\n\n**b**", ("A",), reply_to="w1"),
         [Buttons("a" * 1000 + "\n\n*b*", ("A",), reply_to="w1")], []),
        ("a longer body", Buttons("a" * 1024 + "\n\n**b**", ("A",), reply_to="w1"),
         [Text("a" * 1024, reply_to="w1"), Buttons("*b*", ("A",))],
         ["1 of 2 parts of a long text went before"]),
        ("a long text quotes once", Text("a" * 4096 + "\n\n**b**", True, "w1"),
         [Text("a" * 4096, True, "w1"), Text("*b*", True)], []),
        ("nothing to read", "\n# \n", [], ["an empty text was left out"]),
        ("a long body over numbered text", Buttons("a" * 1024 + "\n\n**b**", MANY[:11]),
         [Text("a" * 1024 + "\n\n*b*\n\n" + "\n".join(f"{n + 1}. {n}" for n in range(11)),
               choices=tuple(Choice(n, n) for n in MANY[:11]))],
         ["11 buttons became numbered text: 3 at most"]),
        ("a long caption", Image(PNG, "a" * 1024 + "\n\n**b**", "w1"), [Image(PNG, "a" * 1024, "w1"), Text("*b*")],
         ["what was too long of a caption followed as text"]),
        ("a blank caption", Image(PNG, " "), [Image(PNG)], []),
        ("a body without words", Buttons("\n", ("A",)), [Refused("", "choices need words above them")],
         ["not sent: choices need words above them"]),
        ("a template with a mistake", Template("Hello", "en"),
         [Refused("[template Hello]", "a template's name is of a-z, 0-9 and _, not 'Hello'")],
         ["not sent: a template's name is of a-z, 0-9 and _, not 'Hello'"]),
    ],
)  # fmt: skip
def test_what_becomes_of_a_reply(label: str, reply: Reply, contents: list[Content], notes: list[str]) -> None:
    found = rendered([reply], ABLE)
    assert [msgspec.json.decode(each, type=Content) for each in found.contents] == contents
    assert found.notes == notes


async def told(person: Person, kind: str) -> list[str | None]:
    return [moment.detail for moment in await person.moments() if moment.kind == kind]


@in_virtual_time
async def test_what_cannot_be_said_fails_with_its_reason_and_the_rest_goes() -> None:
    async def only(work: Work) -> Answer:
        return Answer(["before", Document(File(key="k", size=200_000_000)), "after"], work.state, work.stage)

    async with conversation(Scripted(only)) as person:
        with structlog.testing.capture_logs() as logs:
            await person.says("hi")
        assert person.heard == ["before", "after"]
        assert [(line["event"], line["conversation"][:1], line["row"]) for line in logs] == [("send failed", "c", 2)]
        reason = "200000000 bytes are too many for a document: 104857600 at most"
        assert await told(person, "committed") == [f"not sent: {reason}"]
        assert await told(person, "failed") == [reason, None]
        assert (await person.ledger()).states["failed"] == 1


@in_virtual_time
async def test_what_was_changed_is_told_with_the_turn_at_once_or_not() -> None:
    async def only(work: Work) -> Answer:
        await work.say_now(Buttons("Which?", MANY[:4]))
        return Answer([Buttons("And which?", MANY[:11])], work.state, work.stage)

    async with conversation(Scripted(only)) as person:
        await person.says("hi")
        assert await told(person, "committed") == [
            "4 buttons became a list: 3 at most\n11 buttons became numbered text: 3 at most"
        ]
        assert [body["type"] for body in person.received] == ["interactive", "text"]


@in_virtual_time
async def test_outside_the_window_the_template_goes_and_the_rest_says_why_not() -> None:
    async def only(work: Work) -> Answer:
        if work.events[0].kind != "timer":
            return Answer(timers=[Later(25 * 3600, "reminder")])
        template = Template("reminder", "en", ("Ada",))
        return Answer(["plain words", template, Buttons("Well?", ("A",))])

    async with conversation(Scripted(only)) as person:
        await person.says("hi")
        await person.waits(26 * 3600)
        assert person.heard == ["[template reminder]"]
        closed = "the 24-hour window is closed: only a template may be sent"
        assert (await told(person, "failed")).count(closed) == 2

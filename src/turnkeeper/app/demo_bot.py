"""The bot of `turnkeeper demo`: it thinks for a moment, then says what it was told; some words do more.

It needs no key and asks nobody: what it shows is the engine, not a model.
"""

import asyncio
from collections.abc import Awaitable, Callable

from turnkeeper import Bot, Turn
from turnkeeper.model.events import Choice, Inbound
from turnkeeper.model.outbound import (
    Buttons,
    ContactCard,
    Contacts,
    List,
    Location,
    LocationRequest,
    Phone,
    Reply,
    Section,
    Template,
    TemplateButton,
    UrlButton,
)

bot = Bot("assistant")
_THINKING = 1.5
_SLOW = 8.0
_LATER = 15.0


@bot.stage("listening", first=True)
async def listening(turn: Turn) -> None:
    """Answer all messages of the turn at once; a word alone may ask for something else."""
    if any(timer.name == "later" for timer in turn.timers):
        await turn.reply("This is the message that you asked for a while ago.")
        return
    do = _ASKED.get(turn.text.strip().casefold()) or _chosen(turn)
    if do is not None:
        await do(turn)
        return
    told = [line for event in turn.events if (line := _told(event))]
    await turn.reply(await turn.step("think", think, "\n".join(told)))


async def think(text: str) -> str:
    """Stand in for a model: slow, and its result is worth keeping."""
    await asyncio.sleep(_THINKING)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) <= 1:
        return f"You wrote **{''.join(lines) or 'nothing that I can read'}**."
    told = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return f"You wrote **{len(lines)} messages**, and this is the one answer to them:\n\n{told}"


def _told(event: Inbound) -> str:
    """One event in a line."""
    if event.kind == "location" and event.location is not None:
        place = event.location
        return f"a location: {place.name or ''} {place.latitude:.4f}, {place.longitude:.4f}"
    if event.kind == "contacts":
        return f"a contact: {event.contact_name}"
    if event.media is not None:
        name = f" “{event.media.filename}”" if event.media.filename else ""
        words = f", saying {event.text}" if event.text else ""
        return f"{_FILES.get(event.kind, 'a file')}{name} ({event.media.mime}){words}"
    return event.text or ""


_FILES = {
    "image": "a photo",
    "video": "a video",
    "audio": "a sound file",
    "voice": "a voice note",
    "document": "a document",
    "sticker": "a sticker",
}

Do = Callable[[Turn], Awaitable[None]]


def _chosen(turn: Turn) -> Do | None:
    """What a tapped button or row asks for: its id is one of our words."""
    for event in turn.events:
        if event.choice is not None and event.choice.id in _ASKED:
            return _ASKED[event.choice.id]
    return None


def _says(*replies: Reply) -> Do:
    async def say(turn: Turn) -> None:
        for reply in replies:
            await turn.reply(reply)

    return say


async def _template(turn: Turn) -> None:
    name = turn.contact.name or "there"
    await turn.reply(
        Template("order_update", "en_US", body=(name, "1042"), buttons=(TemplateButton("quick_reply", "thanks"),))
    )


async def _slow(turn: Turn) -> None:
    await turn.say_now("This takes eight seconds. Write meanwhile: it waits for the next turn.")
    await turn.reply(await turn.step("count_slowly", count_slowly))


async def count_slowly() -> str:
    """A step that takes its time."""
    await asyncio.sleep(_SLOW)
    return "Done: counted to **eight**."


async def _later(turn: Turn) -> None:
    turn.after(_LATER, "later", follow_up=False)
    await turn.reply("In 15 seconds you hear from me. Close the window meanwhile, and see it refused.")


async def _fail(turn: Turn) -> None:
    await turn.step("trip", trip)


async def trip() -> None:
    """A step that raises: the turn is tried again, then given up."""
    raise RuntimeError("the demo's bot was asked to fail")


async def _person(turn: Turn) -> None:
    turn.handover("the person asked for somebody")
    await turn.reply("A person takes over now: I stay silent from here on.")


_HELP = """\
I repeat what you write. A word alone does more:

- `menu`: a list to choose from
- `buttons`: three answers to tap
- `link`: a button that opens a page
- `location`: asks where you are
- `place` and `contact`: what I can send
- `template`: a message approved before
- `long`: a long answer, in parts
- `slow`: a step of eight seconds
- `later`: I write to you in 15 seconds
- `fail`: a bot that breaks
- `person`: hands you over to somebody

Send a photo, a document, a voice note, a location or a contact, and I say what came."""

_LONG = "\n\n".join(
    f"## Chapter {number}\n\n"
    + " ".join(
        f"This is sentence {sentence} of chapter {number}: it has **bold** and _slanted_ words, `code`, and an end."
        for sentence in range(1, 13)
    )
    + "\n\n- a first point\n- a second point\n\n> And a line that somebody said."
    for number in range(1, 9)
)

_GRACE = ContactCard("Grace Hopper", (Phone("+1 555 000 2222", "WORK"),), ("grace@example.com",))

_ASKED: dict[str, Do] = {
    "help": _says(_HELP),
    "menu": _says(
        List(
            "What shall I show you?",
            "Choose",
            (
                Section(
                    (
                        Choice("buttons", "Buttons", "three answers to tap"),
                        Choice("link", "Link", "a button that opens a page"),
                        Choice("location", "Location", "asks where you are"),
                    ),
                    "To tap",
                ),
                Section(
                    (
                        Choice("long", "Long answer", "in parts, in order"),
                        Choice("slow", "Slow step", "eight seconds of work"),
                        Choice("fail", "Failure", "a bot that breaks"),
                    ),
                    "To watch",
                ),
            ),
            footer="Rows are the words that you could write",
        )
    ),
    "buttons": _says(
        Buttons(
            "Was this answer of any use?",
            (Choice("yes", "Yes"), Choice("no", "No"), Choice("menu", "Show the menu")),
            header="One question",
            footer="Tap once",
        )
    ),
    "yes": _says("Good to hear. 🎉"),
    "thanks": _says("You are welcome."),
    "no": _says("Then write `help`: there is more."),
    "link": _says(UrlButton("The whole story is on a page.", "Open the page", "https://example.com/")),
    "location": _says(LocationRequest("Where are you? I tell you nothing but what you sent.")),
    "place": _says(Location(52.5163, 13.3777, "Brandenburg Gate", "Pariser Platz, Berlin")),
    "contact": _says(Contacts((_GRACE,))),
    "template": _template,
    "long": _says(_LONG),
    "slow": _slow,
    "later": _later,
    "fail": _fail,
    "person": _person,
}

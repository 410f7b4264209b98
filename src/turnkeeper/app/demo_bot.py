"""The bot of `turnkeeper demo`: it thinks for a moment, then says what it was told; some words do more.

It needs no key and asks nobody: what it shows is the engine, not a model. What it is asked about Turnkeeper it looks up
in the pages of `demo_knowledge`.
"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable

from turnkeeper import (
    Bot,
    Buttons,
    Choice,
    ContactCard,
    Contacts,
    Image,
    List,
    Location,
    LocationRequest,
    MediaRefused,
    Phone,
    Section,
    Template,
    TemplateButton,
    Turn,
    UrlButton,
)
from turnkeeper.bots.library import answer_from
from turnkeeper.model.contents import Reply
from turnkeeper.model.events import HEARD_KINDS, Inbound
from turnkeeper.text.citations import cited, said

bot = Bot("assistant")
_THINKING = 1.5
_SLOW = 8.0
_LATER = 15.0
_DEAF = "What voice notes say I understand too, once `turnkeeper[voice]` is installed instead of `turnkeeper`."


@bot.stage("listening", first=True)
async def listening(turn: Turn) -> None:
    """Answer all messages of the turn at once; a word alone may ask for something else."""
    if any(timer.name == "later" for timer in turn.timers):
        await turn.reply("This is the message that you asked for a while ago.")
        return
    do = _ASKED.get(turn.text.strip(" .!\n").casefold()) or _chosen(turn)
    if do is not None:
        await do(turn)
        return
    if turn.library is not None and turn.text.rstrip().endswith("?"):
        quoted = await answer_from(turn, turn.text)
        if quoted is not None:
            await turn.reply(said(cited(quoted.text, quoted.citations, ())))
            return
    told = [line for event in turn.events if (line := await _told(turn, event))]
    did = "said" if turn.messages and all(message.heard for message in turn.messages) else "wrote"
    thought = await turn.step("think", think, "\n".join(told), did)
    deaf = any(event.kind in HEARD_KINDS and event.heard_at is None for event in turn.events)
    await turn.reply(f"{thought}\n\n{_DEAF}" if deaf else thought)


async def think(text: str, did: str = "wrote") -> str:
    """Stand in for a model: slow, and its result is worth keeping."""
    await asyncio.sleep(_THINKING)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) <= 1:
        return f"You {did} **{''.join(lines).rstrip('.') or 'nothing that I can read'}**."
    told = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return f"You {did} **{len(lines)} messages**, and this is the one answer to them:\n\n{told}"


async def _told(turn: Turn, event: Inbound) -> str:
    """One event in a line."""
    if event.kind == "location" and event.location is not None:
        place = event.location
        return f"a location: {place.name or ''} {place.latitude:.4f}, {place.longitude:.4f}"
    if event.kind == "contacts":
        return f"a contact: {event.contact_name}"
    if event.media is None or event.heard is not None:
        return event.text or ""
    words = f", saying {event.text}" if event.text and event.unheard is None else ""
    return f"{_FILES.get(event.kind, 'a file')}{await _fetched(turn, event)}{words}"


async def _fetched(turn: Turn, event: Inbound) -> str:
    """What a file turns out to be; a refused one says why."""
    try:
        file = await turn.file(event.media)
    except MediaRefused as refused:
        return f" that I cannot take: {refused.detail}"
    if event.kind == "voice":
        unheard = ", in which I heard no words" if event.unheard else ""
        return f" of {seconds_of(await file.read()):.1f} s ({file.mime}, {file.size:,} bytes){unheard}"
    name = f" “{file.filename}”" if event.kind == "document" else ""
    return f"{name} ({file.mime}, {file.size:,} bytes)"


def seconds_of(ogg: bytes) -> float:
    """How long an Opus file in Ogg is: its last page says how many samples end there, at 48 kHz."""
    last = ogg.rfind(b"OggS")
    return int.from_bytes(ogg[last + 6 : last + 14], "little") / 48_000 if last >= 0 else 0.0


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


async def _picture(turn: Turn) -> None:
    file = await turn.attach(picture(), filename="evening.png")
    await turn.reply(Image(file, caption="Drawn just now, kept by its _bytes_, and uploaded once."))


def picture(width: int = 320, height: int = 200) -> bytes:
    """A small evening, as a PNG (RFC 2083): each row begins with the number of its filter, none."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            in_sun = (x - 220) ** 2 + (y - 90) ** 2 < 34**2
            sky = (255, 243, 214) if in_sun else (249 - y // 12, 201 - y // 2, 139 - y // 4)
            rows.extend((12, 106 - y // 5, 93) if y > 140 + (x - 120) ** 2 / 900 else sky)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


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
I repeat what you write. A question about Turnkeeper, with its `?`, I look up. A word alone does more:

- `menu`: a list to choose from
- `buttons`: three answers to tap
- `link`: a button that opens a page
- `location`: asks where you are
- `place` and `contact`: what I can send
- `picture`: one that I draw
- `template`: a message approved before
- `long`: a long answer, in parts
- `slow`: a step of eight seconds
- `later`: I write to you in 15 seconds
- `fail`: a bot that breaks
- `person`: hands you over to somebody

Send a photo, a document, a location or a contact, and I say what came. A voice note in English is as good as words."""

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
                        Choice("picture", "Picture", "drawn just now"),
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
    "picture": _picture,
    "template": _template,
    "long": _says(_LONG),
    "slow": _slow,
    "later": _later,
    "fail": _fail,
    "person": _person,
}

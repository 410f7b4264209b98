"""Scripts played with a bot: the production engine in virtual time, models that answer as the script says.

    cues = Cues()
    script = parse(text)
    played = run(play(agent(cues.model), script, cues=cues))
    assert not played.problems
    assert not difference(script, played.script)

How a script is written: turnkeeper.text.scripts. Nothing here reads a clock, so the same script gives the same lines.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from turnkeeper.model.conversation import Mode
from turnkeeper.model.events import ContactCard, EventKind, Location, Phone, Referral
from turnkeeper.testing.conversation import NeverAtRest, Person, conversation
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.events import TURNS, event, happened, text
from turnkeeper.testing.fake_graph.samples import FILES
from turnkeeper.text.scripts import (
    Colleague,
    Cue,
    Deed,
    Happens,
    Hears,
    Line,
    Note,
    Passes,
    Pays,
    Script,
    Sends,
    SendsFile,
    SendsPlace,
    Taps,
    Writes,
)
from turnkeeper.text.whatsapp import BREAK

if TYPE_CHECKING:
    from pathlib import Path

    from turnkeeper.engine.answer import Answer, Bot, Work
    from turnkeeper.model.policy import TurnPolicy
    from turnkeeper.testing.payments import Till

_AT_ONCE: Final = 1.0
"""Seconds between two messages that are sent at once."""
_UNSENT: Final = frozenset({"failed", "expired", "unknown"})
"""Of the moments of a conversation, those of messages that nobody heard."""
_LARGEST: Final = 100 * 1024 * 1024


Other = Taps | Passes | Happens | Pays | Colleague
"""What can happen besides messages of the person."""


class CannotPlay(Exception):
    """A line that cannot be played; the text says why."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a script: the same lines with what the person really heard; `problems`: why it is not as it was
    meant, besides what was heard."""

    script: Script
    problems: tuple[str, ...] = ()


class Traced:
    """The bot, with what it told of its turns."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.told: list[str] = []

    @property
    def version(self) -> str:
        """The bot's own."""
        return self.bot.version

    async def answer(self, work: Work) -> Answer:
        """The bot's own."""
        answer = await self.bot.answer(work)
        self.told += (answer.trace or "").splitlines()
        return answer


class Player:
    """Plays lines one after the other.

    `files`: where the files lie that the person sends; without it, and where there is none of that name, they are made
    up. `till`: where they pay. `trace`: what the bot tells of its turns stands among the lines, as notes.
    """

    def __init__(
        self,
        person: Person,
        traced: Traced,
        *,
        files: Path | None = None,
        till: Till | None = None,
        trace: bool = False,
    ) -> None:
        self.person = person
        self._till = till
        self._traced = traced
        self._files = files
        self._trace = trace
        self._heard = 0
        self._raised = 0
        self._told = 0
        self._unsent = 0
        self._with_person = False

    async def send(self, *lines: Sends) -> list[Line]:
        """Send them at once; what is heard upon it. Raises CannotPlay."""
        for place, line in enumerate(lines):
            if place:
                await asyncio.sleep(_AT_ONCE)
            await self._send(line)
        await self.person.rests()
        return await self.news()

    async def _send(self, line: Sends) -> None:
        if isinstance(line, Writes) and not line.ad:
            await self.person.writes(line.text)
            return
        if isinstance(line, SendsFile):
            data, mime = self._file(line)
            kind: EventKind = line.kind
            named, caption = line.name.rpartition("/")[2] or None, line.caption or None
            await self.person.sends(data, mime, kind=kind, filename=named, caption=caption, wait=False)
            return
        if isinstance(line, Writes):
            ad = Referral(source_id=line.ad, source_type="ad")
            sent = msgspec.structs.replace(text(line.text, at=self.person.now), ad=ad)
        elif isinstance(line, SendsPlace):
            where = Location(line.latitude, line.longitude, line.name or None)
            sent = msgspec.structs.replace(event("location", at=self.person.now), location=where)
        else:
            card = ContactCard(line.name or line.phone, (Phone(line.phone),))
            sent = msgspec.structs.replace(event("contacts", at=self.person.now), cards=(card,), contacts_count=1)
        await self.person.does(sent)

    def _file(self, line: SendsFile) -> tuple[bytes, str]:
        """Its bytes and its type. Raises CannotPlay."""
        made_up, mime, _ = FILES["audio" if line.kind == "voice" else line.kind]
        guessed = (mimetypes.guess_type(line.name)[0] if line.name else None) or mime
        if self._files is None or not line.name:
            return made_up, mime
        folder = self._files.resolve()
        file = (folder / line.name).resolve()
        if not file.is_relative_to(folder):
            raise CannotPlay(f"{line.name}: files lie beside the script")
        if not file.is_file():
            return made_up, mime
        if file.stat().st_size > _LARGEST:
            raise CannotPlay(f"{line.name}: larger than {_LARGEST} bytes")
        return file.read_bytes(), guessed

    async def do(self, line: Other) -> list[Line]:
        """Anything else that can happen; what is heard upon it. Raises CannotPlay."""
        match line:
            case Taps(title=title):
                if title not in self.person.offered:
                    offered = ", ".join(map(repr, self.person.offered)) or "nothing"
                    raise CannotPlay(f"{title!r} is not offered: {offered} is")
                await self.person.taps(title)
            case Passes(seconds=seconds):
                await self.person.waits(seconds)
            case Happens(type=type_, data=data):
                await self.person.does(happened(type_, data))
                await self.person.rests()
            case Pays(news=news):
                await self._pays(news)
            case Colleague(does=does):
                await self._colleague(does)
        return await self.news()

    async def _colleague(self, does: str) -> None:
        if not await self.person.is_answered_by(Mode.HUMAN) and does == "gives back":
            raise CannotPlay("nobody has taken the conversation over")
        try:
            await (self.person.is_taken_over() if does == "takes over" else self.person.is_given_back())
        except ValueError as error:
            raise CannotPlay(str(error)) from None
        await self.person.rests()

    async def _pays(self, news: Literal["paid", "failed", "expired"]) -> None:
        if self._till is None or not self._till.links:
            raise CannotPlay("nobody has asked for a payment")
        match news:
            case "paid":
                await self._till.is_paid(self.person)
            case "failed":
                await self._till.fails(self.person)
            case "expired":
                await self._till.expires(self.person)
        await self.person.rests()

    async def news(self) -> list[Line]:
        """What there is since it was asked last."""
        lines: list[Line] = []
        if self._trace:
            lines += [Note(f"· {told}") for told in self._traced.told[self._told :]]
        self._told = len(self._traced.told)
        lines += [heard(body) for body in self.person.received[self._heard :]]
        self._heard = len(self.person.received)
        lines += [Note(f"the bot raised {error!r}") for error in self.person.raised[self._raised :]]
        self._raised = len(self.person.raised)
        unsent = [each for each in await self.person.moments() if each.kind in _UNSENT and each.detail and each.text]
        lines += [Note(f"{each.kind}: {_line(each.text)} ({_line(each.detail)})") for each in unsent[self._unsent :]]
        self._unsent = len(unsent)
        with_person = await self.person.is_answered_by(Mode.HUMAN)
        if with_person and not self._with_person:
            lines.append(Note("a person has the conversation from here on"))
        self._with_person = with_person
        return lines


async def play(
    bot: Bot,
    script: Script,
    *,
    cues: Cues | None = None,
    till: Till | None = None,
    files: Path | None = None,
    turns: TurnPolicy = TURNS,
    trace: bool = False,
) -> Played:
    """Play a script, which must run in virtual time. `cues`: what the bot asks; the rest as of Player."""
    cues = cues or Cues()
    traced = Traced(bot)
    lines: list[Line] = []
    problems: list[str] = []
    async with conversation(traced, turns=turns) as person:
        player = Player(person, traced, files=files, till=till, trace=trace)
        for group in together(script):
            for cue in group:
                if isinstance(cue, Cue):
                    cues.add(cue)
            lines += group
            try:
                lines += await _played(player, group)
            except (CannotPlay, NeverAtRest) as error:
                problems.append(f"line {next(line.line for line in group if isinstance(line, Deed))}: {error}")
                break
        problems += [f"the bot raised {error!r}" for error in person.raised]
    problems += cues.missed
    problems += [f"line {cue.line}: nobody asked for this answer" for cue in cues.left]
    return Played(tuple(lines), tuple(problems))


def together(script: Script) -> list[list[Line]]:
    """The lines that are played in one go: a deed, what is sent at once with it, and the cues that stand among them;
    what is expected is left out."""
    groups: list[list[Line]] = []
    has_deed = is_over = True
    for line in script:
        if isinstance(line, Hears):
            is_over = True
            continue
        goes_on = isinstance(line, Sends) and line.at_once
        if has_deed and (is_over or (isinstance(line, Deed) and not goes_on)):
            groups.append([])
            has_deed = False
        groups[-1].append(line)
        has_deed = has_deed or isinstance(line, Deed)
        is_over = False
    return groups


async def _played(player: Player, group: Sequence[Line]) -> list[Line]:
    sent = [line for line in group if isinstance(line, Sends)]
    if sent:
        return await player.send(*sent)
    for line in group:
        if isinstance(line, Other):
            return await player.do(line)
    return []


def heard(body: Any) -> Hears:
    """A message that reached the person, as a line."""
    kind = body["type"]
    payload = body[kind]
    match kind:
        case "text":
            return Hears(_seen(payload["body"]))
        case "interactive":
            offers = tuple(_titles(payload.get("action", {})))
            return Hears(_seen(payload["body"]["text"]), offers=offers or None)
        case "template" | "location":
            return Hears(payload.get("name") or "", kind=kind)
        case "contacts":
            return Hears(", ".join(card["name"]["formatted_name"] for card in payload), kind=kind)
        case "reaction":
            return Hears(payload["emoji"], kind=kind)
    return Hears(_seen(payload.get("caption") or ""), kind=kind)


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _seen(text: str) -> str:
    """As it is read: without the marks that keep signs from being markup."""
    return text.replace(BREAK, "")


def _titles(action: Any) -> list[str]:
    if "buttons" in action:
        return [button["reply"]["title"] for button in action["buttons"]]
    return [row["title"] for section in action.get("sections", ()) for row in section["rows"]]

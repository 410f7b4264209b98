"""A question, and what counts as an answer to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple

import msgspec

from turnkeeper.flows.answers import a_date, a_number, a_phone, an_email
from turnkeeper.flows.asking_again import ASK_AGAIN
from turnkeeper.flows.effects import Effect, Sleep
from turnkeeper.flows.model import NEXT, Flow, Texts
from turnkeeper.flows.nodes.base import GiveUp, Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.choosing import (
    Option,
    OptionList,
    choice_texts,
    chosen,
    content_of,
    expected,
    options_problems,
)
from turnkeeper.flows.nodes.delay import LONGEST
from turnkeeper.flows.nodes.wait import NO_ANSWER
from turnkeeper.flows.signals import GivenBack, Replied, Signal, TimedOut
from turnkeeper.flows.state import Awaited
from turnkeeper.flows.values import NAME
from turnkeeper.model.contents import LocationRequest, Reply

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

CANCEL: Final = "cancel"
Wanted = Literal["text", "number", "date", "phone", "email", "choice", "location", "media"]
_LONGEST_TEXT: Final = 4096
_KINDS: Final = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
_TITLE: Final = "_title"
"""Behind the name under which a choice is kept: what the person saw of it."""
_EXACT: Final = 2**53
"""From here on whole numbers are not exact any more."""


class _Read(NamedTuple):
    """An answer's value, or None with what is wrong."""

    value: Any
    problem: str = ""


class Ask(NodeData, frozen=True):
    """Asks `text`, and keeps the answer, which is of the kind that it `wants`, in the variable `save`.

    What does not fit (`least`, `most`: of a number, or of the characters of a text; `files`: kinds that are taken) is
    asked for again with `retry`, up to `tries` times in all; then the flow's fallback. `cancel` is the exit for whoever
    wants out, `no_answer` where `seconds` have passed.

    A choice has `buttons` or a `list`; the id of what was chosen is kept, and what stood on it under the same name with
    `_title` (`size`, `size_title`). Of dates, `month_first` takes 5/12 for the 12th of May; `country` (ISO 3166: ID,
    IN) is that of phone numbers without a code.
    """

    TYPE: ClassVar[str] = "ask"
    TITLE: ClassVar[str] = "Question"
    WAITS: ClassVar[bool] = True

    text: Texts
    wants: Wanted = "text"
    save: str = ""
    retry: Texts = ""
    tries: int = 3
    least: float | None = None
    most: float | None = None
    month_first: bool = False
    country: str = ""
    buttons: tuple[Option, ...] = ()
    listed: OptionList | None = msgspec.field(default=None, name="list")
    files: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """All choices."""
        return self.buttons or (self.listed.options if self.listed else ())

    def titles(self, flow: Flow, language: str) -> list[str]:
        """What stands on the choices, as shown in a language."""
        return [flow.said(option.title, language) for option in self.options]

    def exits(self) -> tuple[str, ...]:
        """`next`, one for each choice, `cancel`, and `no_answer` where there is a limit."""
        limited = () if self.seconds is None else (NO_ANSWER,)
        return (NEXT, *(option.id for option in self.options), CANCEL, *limited)

    def enter(self, spot: Spot) -> Move:
        """Ask."""
        said = spot.say(self._content(spot, spot.text(self.text)))
        if self.seconds is None:
            return Stay(self._awaits, (said,), why=f"asks for {self.wants}")
        effects: tuple[Effect, ...] = (said, Sleep(spot.next_call, self.seconds))
        return Stay(self._awaits, effects, asked=True, why=f"asks for {self.wants}, waits {self.seconds:g} s")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """An answer, or something else."""
        if isinstance(signal, TimedOut) and self.seconds is not None:
            return Leave(NO_ANSWER, why=f"no answer within {self.seconds:g} s")
        if isinstance(signal, GivenBack):
            said = spot.say(self._content(spot, spot.text(self.text)))
            return Stay(self._awaits, (said,), why="the conversation came back: asked again")
        if not isinstance(signal, Replied):
            return None
        if self.wants == "choice":
            return self._choice(spot, signal)
        read = self._read(spot, signal)
        if read.problem:
            return self._again(spot, read.problem)
        return Leave(sets={self.save: read.value} if self.save else {}, why=f"answered: {read.value!r}"[:200])

    def _choice(self, spot: Spot, said: Replied) -> Move:
        option = chosen(self.options, spot, said)
        if option is None:
            return self._again(spot, "none of the choices")
        leads = spot.flow.leads_to(spot.node, option.id) is not None
        sets = {self.save: option.id, self.save + _TITLE: spot.filled(option.title)} if self.save else {}
        return Leave(option.id if leads else NEXT, sets=sets, why=f"chose {option.id}")

    def _again(self, spot: Spot, problem: str) -> Move:
        if spot.tries + 1 >= self.tries:
            return GiveUp(f"{problem}: {self.tries} tries are over")
        content = self._content(spot, spot.text(self.retry) or spot.text(ASK_AGAIN[self.wants]))
        return Stay(
            self._awaits, (spot.say(content),), missed=True, why=f"{problem}: try {spot.tries + 2} of {self.tries}"
        )

    @property
    def _awaits(self) -> tuple[Awaited, ...]:
        """Its limit counts from the first time that it was asked."""
        return ("reply",) if self.seconds is None else ("reply", "time")

    def _content(self, spot: Spot, text: str) -> Reply:
        if self.options:
            return content_of(spot, text, self.buttons, self.listed)
        return LocationRequest(text) if self.wants == "location" else text

    def _read(self, spot: Spot, said: Replied) -> _Read:
        match self.wants:
            case "location":
                place = said.place
                if place is None:
                    return _Read(None, "no place")
                return _Read({"latitude": place.latitude, "longitude": place.longitude, "name": place.name})
            case "media":
                found = [file for file in said.files if not self.files or file.kind in self.files]
                if not found:
                    return _Read(None, "no file" if not said.files else f"{said.files[0].kind} is not taken")
                kept = {"kind": found[0].kind, "key": found[0].key, "filename": found[0].filename}
                return _Read({**kept, "mime": found[0].mime})
        text = (said.label or said.text).strip()
        if self.wants == "phone" and not text:
            text = said.phone
        if not text:
            return _Read(None, "no text")
        return self._read_text(spot, text)

    def _read_text(self, spot: Spot, text: str) -> _Read:
        value: Any
        match self.wants:
            case "number":
                value = a_number(text)
                if value is not None and (low_or_high := self._outside(value)):
                    return _Read(None, low_or_high)
                value = int(value) if value is not None and value.is_integer() and abs(value) < _EXACT else value
            case "date":
                day = a_date(text, spot.here.local.date(), month_first=self.month_first)
                value = None if day is None else day.isoformat()
            case "phone":
                value = a_phone(text, self.country or str(spot.here.contact.get("country") or ""))
            case "email":
                value = an_email(text)
            case _:
                value = text[:_LONGEST_TEXT]
                if low_or_high := self._outside(len(text)):
                    return _Read(None, f"{low_or_high} characters")
        if value is None:
            return _Read(None, "not an email" if self.wants == "email" else f"not a {self.wants}")
        return _Read(value)

    def _outside(self, value: float) -> str:
        if self.least is not None and value < self.least:
            return f"less than {self.least:g}"
        return f"more than {self.most:g}" if self.most is not None and value > self.most else ""

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """The question, and what is said when it is asked again."""
        yield "text", self.text
        if self.retry:
            yield "retry", self.retry
        yield from choice_texts(self.options, self.listed)

    def expects(self, flow: Flow, node: str) -> tuple[str, ...]:
        """`next`, unless every choice has an edge of its own."""
        return expected(self.options, flow, node)

    def sets(self) -> Iterator[str]:
        """The answer."""
        if self.save:
            yield self.save
        if self.save and self.wants == "choice":
            yield self.save + _TITLE

    def problems(self, checking: Checking) -> Iterator[str]:
        """Questions that nobody could answer."""
        if not self.text:
            yield "the question has no text"
        if self.save and not NAME.fullmatch(self.save):
            yield f"{self.save!r} is not a variable's name"
        if not 1 <= self.tries <= 10:
            yield "tries are 1 to 10"
        if (self.wants == "choice") != bool(self.options):
            yield "a choice needs buttons or a list" if self.wants == "choice" else f"{self.wants} takes no choices"
        if self.least is not None and self.most is not None and self.least > self.most:
            yield f"least ({self.least:g}) is more than most ({self.most:g})"
        if self.seconds is not None and not 0 < self.seconds <= LONGEST:
            yield "the limit is more than 0 seconds and at most a year"
        if self.wants not in ("number", "text") and (self.least, self.most) != (None, None):
            yield f"least and most are of numbers and texts, not of {self.wants}"
        if self.files and self.wants != "media":
            yield f"files are of media, not of {self.wants}"
        for kind in sorted(set(self.files) - _KINDS):
            yield f"{kind!r} is not a kind of file: {', '.join(sorted(_KINDS))} are"
        if self.country and not (self.country.isascii() and self.country.isalpha() and len(self.country) == 2):
            yield f"{self.country!r} is not a country: two letters, such as ID"
        yield from options_problems(self.buttons, self.listed)

"""A message: words, a file, buttons or a list. It waits for a tap only where one of its choices leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

from turnkeeper.flows.model import NEXT, Flow, Texts
from turnkeeper.flows.nodes.base import GiveUp, Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.choosing import (
    ELSE,
    Option,
    OptionList,
    choice_texts,
    chosen,
    content_of,
    expected,
    options_problems,
)
from turnkeeper.flows.signals import GivenBack, Replied, Signal
from turnkeeper.model.contents import Audio, Document, File, Image, Reply, Sticker, Video, VoiceNote

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


class MediaData(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A file: by its `url` (https), or by `key`, the name of one that is kept. `kind`: how it is shown; `filename`: as
    the person sees it."""

    kind: Literal["image", "video", "audio", "voice", "document", "sticker"]
    url: str = ""
    key: str = ""
    filename: str = ""

    def content(self, caption: str) -> Reply:
        """As a message; sounds and stickers have no caption."""
        file = File(link=self.url or None, key=self.key or None, filename=self.filename or None)
        match self.kind:
            case "image":
                return Image(file, caption=caption or None)
            case "video":
                return Video(file, caption=caption or None)
            case "document":
                return Document(file, caption=caption or None)
            case "audio":
                return Audio(file)
            case "voice":
                return VoiceNote(file)
        return Sticker(file)


class Message(NodeData, frozen=True):
    """Says something and goes on. With choices of which one leads somewhere (an edge from its id, or `else`) it waits
    for one. What is none of them leaves by `else` where that is drawn; where it is not, it is shown again, twice, and
    then left by `next`, or to the flow's fallback.

    `text` is Markdown, and the caption of `media`. Choices are `buttons` (WhatsApp shows three, and more as a list) or
    a `list`, with a plain `header` above the text and a `footer` below.
    """

    TYPE: ClassVar[str] = "message"
    TITLE: ClassVar[str] = "Message"

    text: Texts = ""
    media: MediaData | None = None
    buttons: tuple[Option, ...] = ()
    listed: OptionList | None = msgspec.field(default=None, name="list")
    header: Texts = ""
    footer: Texts = ""

    def exits(self) -> tuple[str, ...]:
        """`next`, and one for each choice."""
        options = self.options
        return (NEXT, *(option.id for option in options), ELSE) if options else (NEXT,)

    @property
    def options(self) -> tuple[Option, ...]:
        """All choices."""
        return self.buttons or (self.listed.options if self.listed else ())

    def titles(self, flow: Flow, language: str) -> list[str]:
        """What stands on the choices, as shown in a language."""
        return [flow.said(option.title, language) for option in self.options]

    def enter(self, spot: Spot) -> Move:
        """Say it."""
        said = tuple(spot.say(content) for content in self._contents(spot))
        if not self.waits(spot.flow, spot.node):
            return Leave(effects=said)
        return Stay(("reply",), said, why="waits for a choice")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """A choice, tapped or typed."""
        if isinstance(signal, GivenBack):
            return self._shown_again(spot, "the conversation came back: shown again")
        if not isinstance(signal, Replied):
            return None
        option = chosen(self.options, spot, signal)
        if option is not None:
            leads = spot.flow.leads_to(spot.node, option.id) is not None
            return Leave(option.id if leads else NEXT, why=f"chose {option.id}")
        if spot.flow.leads_to(spot.node, ELSE) is not None:
            return Leave(ELSE, why="said something else")
        if spot.tries + 1 >= _TRIES and spot.flow.leads_to(spot.node, NEXT) is None:
            return GiveUp(f"none of the choices, {_TRIES} times")
        if spot.tries + 1 >= _TRIES:
            return Leave(NEXT, why=f"none of the choices, {_TRIES} times")
        return self._shown_again(spot, "none of the choices: asked again", missed=True)

    def _shown_again(self, spot: Spot, why: str, *, missed: bool = False) -> Stay:
        said = tuple(spot.say(content) for content in self._contents(spot))
        return Stay(("reply",), said, missed=missed, why=why)

    def waits(self, flow: Flow, node: str) -> bool:
        """Where one of its choices, or `else`, leads somewhere."""
        return bool(self.options) and any(
            flow.leads_to(node, by) is not None for by in (*(option.id for option in self.options), ELSE)
        )

    def expects(self, flow: Flow, node: str) -> tuple[str, ...]:
        """`next`, unless every choice has an edge of its own."""
        return expected(self.options, flow, node)

    def _contents(self, spot: Spot) -> Iterator[Reply]:
        text = spot.text(self.text)
        if self.options:
            if self.media is not None:
                yield self.media.content("")
            yield content_of(spot, text, self.buttons, self.listed, self.header, self.footer)
            return
        if self.media is None:
            if text:
                yield text
            return
        yield self.media.content(text)
        if text and self.media.kind in ("audio", "voice", "sticker"):
            yield text

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """The words, and what stands on the choices."""
        for name in ("text", "header", "footer"):
            if getattr(self, name):
                yield name, getattr(self, name)
        yield from choice_texts(self.options, self.listed)

    def problems(self, checking: Checking) -> Iterator[str]:
        """Nothing to say, choices that cannot be told apart, files that are nowhere."""
        if not self.text and self.media is None:
            yield "it says nothing: add a text or a file"
        if self.options and not self.text:
            yield "choices need a text above them"
        if self.media is not None and bool(self.media.url) == bool(self.media.key):
            yield "the file has an address or the name of a kept one: one of them"
        yield from options_problems(self.buttons, self.listed)

    def doubts(self, checking: Checking) -> Iterator[tuple[str, str]]:
        """A file that will not be fetched."""
        if self.media is not None and self.media.url and not self.media.url.startswith(("https://", "{{")):
            yield (
                f"{self.media.url[:100]!r} is no https address: such a file is not sent",
                "Put it where https serves it.",
            )


_TRIES = 3

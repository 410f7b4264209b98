"""Talking to a flow in the terminal: what one types is played at once, on the production engine, in virtual time.

Time passes only when it is told to, so a delay of a day is one line. What the flow asks of models, of addresses and
tools is shown, and answered by whoever sits there; with the models of a configuration, by these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.llm.base import ModelRefused
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Said, Usage
from turnkeeper.testing.conversation import NeverAtRest, conversation
from turnkeeper.testing.cues import Cues, worded
from turnkeeper.testing.events import TURNS
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.payments import Till
from turnkeeper.testing.playing import CannotPlay, Other, Player, Traced
from turnkeeper.text.script_reading import ScriptUnreadable, parse
from turnkeeper.text.scripts import (
    Gives,
    Hears,
    Line,
    Note,
    Passes,
    Sends,
    SendsFile,
    Taps,
    Thinks,
    Writes,
    duration,
    written,
)

if TYPE_CHECKING:
    from turnkeeper.bots.thinking import Thinking
    from turnkeeper.flows.model import Flow
    from turnkeeper.llm.base import ReadFile

Read = Callable[[str], str | None]
"""Show a prompt and read a line; None where there are no more."""
Show = Callable[[str, str], None]
"""Show words: who speaks (bot, note, wrong, model, trace), and what."""

HELP: Final = """Type what the person writes. Besides:
  2  or  /button Yes        tap the second button, or the one with that title
  /image photo.jpg words    send a file (image, video, audio, voice, document, sticker)
  /location -6.2,106.8      say where they are; /contact +6281… sends a card
  ~3h                       let three hours pass; an empty line: go to what is due next
  /paid /failed /expired    what becomes of the payment
  @order_paid {"id": 7}     an event from outside
  /save talk.script         keep this talk as a script, for `turnkeeper flow run --expect`
  /back                     the conversation comes back from a colleague (/over: goes to one)
   /words                   after a space: words, whatever they begin with
  /quit"""
_NEWS: Final = {
    "/paid": "$ paid", "/failed": "$ failed", "/expired": "$ expired", "/over": "* takes over",
    "/back": "* gives back",
}  # fmt: skip


class Chat:
    """One talk. `thinking`: the models of a configuration; without it the terminal is asked."""

    def __init__(self, flows: Sequence[Flow], read: Read, show: Show, thinking: Thinking | None = None) -> None:
        self._flows = flows
        self._read = read
        self._show = show
        self._thinking = thinking
        self._lines: list[Line] = []
        self._offered: tuple[str, ...] = ()

    async def run(self, *, trace: bool = False) -> None:
        """Until the one who types has had enough. Must run in virtual time."""
        cues, till = _Asked(self._answer_model, self._answer_call), Till()
        traced = Traced(flow_bot(self._flows, cues, till, thinking=self._thinking))
        async with conversation(traced, turns=TURNS) as person:
            player = Player(person, traced, files=Path("/"), till=till, trace=trace)
            while (typed := self._read("> ")) is not None and typed.strip() != "/quit":
                try:
                    await self._takes(player, typed.rstrip())
                except (CannotPlay, NeverAtRest, ScriptUnreadable, OSError) as error:
                    self._show("wrong", _reason(error))
                await self._tells_due(player)

    async def _takes(self, player: Player, typed: str) -> None:
        if typed.startswith("/save"):
            self._save(typed.removeprefix("/save").strip())
        elif typed in ("/help", "/?"):
            self._show("note", HELP)
        elif not typed:
            await self._goes_on(player)
        else:
            await self._plays(player, self._meant(typed))

    async def _tells_due(self, player: Player) -> None:
        due = await player.person.due_in()
        if due is not None:
            about = duration(round(due, 1) if due < 10 else round(due))
            self._show("note", f"something is due in {about}: an empty line goes there")

    async def _goes_on(self, player: Player) -> None:
        due = await player.person.due_in()
        if due is None:
            self._show("note", "nothing is due; /help tells what can be typed")
            return
        await self._plays(player, Passes(max(1.0, float(int(due + 1)))))

    def _meant(self, typed: str) -> Line:
        """What was typed as a line of a script. Raises ScriptUnreadable, CannotPlay."""
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(self._offered):
            return Taps(self._offered[int(typed) - 1])
        if typed.startswith("/"):
            (line, *_) = parse(_NEWS.get(typed, f">{typed[1:]}"))
            return _found(line)
        if typed.startswith(("~", "@")):
            (line, *_) = parse(typed)
            return line
        return Writes(typed.strip())

    async def _plays(self, player: Player, line: Line) -> None:
        place = len(self._lines)
        if isinstance(line, Sends):
            heard = await player.send(line)
        elif isinstance(line, Other):
            heard = await player.do(line)
        else:
            return
        self._lines.insert(place, line)  # what was answered meanwhile stands behind it
        self._lines += heard
        self._offered = ()
        for each in heard:
            self._tells(each)

    def _tells(self, line: Line) -> None:
        match line:
            case Hears():
                kind = f"[{line.kind}] " if line.kind else ""
                numbered = [f"  [{place}] {title}" for place, title in enumerate(line.offers or (), 1)]
                self._show("bot", "\n".join([f"{kind}{line.text}", *numbered]))
                self._offered = line.offers or ()
            case Note(text=text):
                self._show("trace" if text.startswith("· ") else "note", text)

    def _answer_model(self, request: ChatRequest) -> Thinks:
        said = [each.text for each in request.messages if isinstance(each, Said) and each.role == "user"]
        self._show(
            "model", f"A model is asked. Its task:\n{request.instructions}\nIt answers to: {said[-1] if said else ''}"
        )
        ways = (request.json_schema or {}).get("properties", {}).get("way", {}).get("enum", ())
        if ways:
            self._show("model", f"Ways: {', '.join(ways)}. Choose one with: !way {ways[0]} words")
        answer = self._cue("model> ", "!")
        return answer if isinstance(answer, Thinks) else Thinks("nobody answered", fails=True)

    def _answer_call(self, what: str) -> Gives:
        self._show("model", f"{what}. What does it give? (JSON or words; `==` it fails)")
        answer = self._cue("gives> ", "=")
        return answer if isinstance(answer, Gives) else Gives("", fails=True)

    def _cue(self, prompt: str, sign: str) -> Line | None:
        while (typed := self._read(prompt)) is not None:
            try:
                (line, *_) = parse(typed.strip() if typed.startswith(sign) else f"{sign} {typed}") or (None,)
            except ScriptUnreadable as error:
                self._show("wrong", _reason(error))
                continue
            if isinstance(line, Thinks | Gives):
                self._lines.append(line)
                return line
        return None

    def _save(self, name: str) -> None:
        if not name:
            self._show("wrong", "write /save and the name of a file")
            return
        kept = [line for line in self._lines if not isinstance(line, Note)]
        Path(name).write_text(written(kept), "utf-8")
        self._show("note", f"kept in {name}")


class _Asked(Cues):
    """Cues that are asked for when they are needed."""

    def __init__(self, model: Callable[[ChatRequest], Thinks], call: Callable[[str], Gives]) -> None:
        super().__init__()
        self._asks_model, self._asks_call = model, call

    @property
    def model(self) -> Any:
        """One that asks at the terminal."""
        return _TypedModel(self._asks_model)

    def given(self, what: str) -> Gives | None:
        """What is typed."""
        return self._asks_call(what)


class _TypedModel:
    """A model whose answers are typed."""

    takes_images = True
    takes_documents = True

    def __init__(self, asks: Callable[[ChatRequest], Thinks]) -> None:
        self._asks = asks

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:  # noqa: ARG002 - the port's
        """What is typed. Raises ModelRefused where that says so."""
        cue = self._asks(request)
        if cue.fails:
            raise ModelRefused(cue.text or "it was typed so")
        return ChatAnswer(worded(cue, request), "typed", Usage(0, 0))


def _found(line: Line) -> Line:
    """A file that is sent is there, and known by where it lies. Raises CannotPlay."""
    if not isinstance(line, SendsFile) or not line.name:
        return line
    file = Path(line.name).expanduser().resolve()
    if not file.is_file():
        raise CannotPlay(f"there is no file {line.name}")
    return SendsFile(line.kind, str(file), line.caption)


def _reason(error: Exception) -> str:
    if isinstance(error, ScriptUnreadable):
        return "; ".join(wrong.what for wrong in error.wrongs)
    return str(error)

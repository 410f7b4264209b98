"""What a script has prepared for a bot's questions: models, addresses and tools that answer what they are cued.

Each cue is used once, in the order of the script; a question without one fails, and is remembered as missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from turnkeeper.llm.base import ModelRefused
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext, ToolRefused
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.llm import ChatAnswer, ChatRequest, Said, ToolSpec, Usage
from turnkeeper.text.scripts import Cue, Gives, Thinks

if TYPE_CHECKING:
    from turnkeeper.llm.base import ReadFile


class Cues:
    """All of them. `thinks`, `gives`: what is still to come; `missed`: questions that nothing was prepared for."""

    def __init__(self) -> None:
        self.thinks: deque[Thinks] = deque()
        self.gives: deque[Gives] = deque()
        self.missed: list[str] = []

    def add(self, cue: Cue) -> None:
        """Prepare an answer."""
        if isinstance(cue, Thinks):
            self.thinks.append(cue)
        else:
            self.gives.append(cue)

    @property
    def left(self) -> list[Cue]:
        """What nobody has asked for."""
        return [*self.thinks, *self.gives]

    @property
    def model(self) -> CuedModel:
        """A model that answers the cues that begin with `!`."""
        return CuedModel(self)

    @property
    def client(self) -> CuedClient:
        """A client of which every address answers the cues that begin with `=`."""
        return CuedClient(self)

    def tool(self, name: str) -> CuedTool:
        """A tool that gives the same cues."""
        return CuedTool(self, name)

    def given(self, what: str) -> Gives | None:
        """The next cue for a call; without one the call is missed."""
        if self.gives:
            return self.gives.popleft()
        self.missed.append(f"{what}, and the script does not say what that gives (a line `= …` before it)")
        return None


class CuedModel:
    """A model."""

    takes_images = True
    takes_documents = True

    def __init__(self, cues: Cues) -> None:
        self._cues = cues

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:  # noqa: ARG002 - the port's
        """The next cue. Raises ModelRefused where there is none, or the cue says so."""
        if not self._cues.thinks:
            missed = f"a model was asked {_asked(request)}, and the script has no answer (a line `! …` before it)"
            self._cues.missed.append(missed)
            raise ModelRefused("the script has no answer")
        cue = self._cues.thinks.popleft()
        if cue.fails:
            raise ModelRefused(cue.text or "the script says so")
        return ChatAnswer(worded(cue, request), "scripted", Usage(0, 0))


def worded(cue: Thinks, request: ChatRequest) -> str:
    """A cue with a way, in the form in which the bot asked for it."""
    wanted = (request.json_schema or {}).get("properties", {})
    if not cue.way or "way" not in wanted:
        return cue.text
    given: dict[str, Any] = {"answer": cue.text, "way": cue.way, "values": {}}
    return msgspec.json.encode({name: value for name, value in given.items() if name in wanted}).decode()


def _asked(request: ChatRequest) -> str:
    said = [each.text for each in request.messages if isinstance(each, Said) and each.role == "user"]
    words = " ".join((said[-1] if said else "").split())
    return repr(words if len(words) <= 80 else words[:79] + "…")


class CuedClient:
    """A client that reaches no network."""

    def __init__(self, cues: Cues) -> None:
        self._cues = cues

    async def call(self, call: HttpCall, *, timeout: float, guarded: bool = False) -> HttpReply:  # noqa: ARG002, ASYNC109
        """The next cue."""
        cue = self._cues.given(f"{call.method} {call.url} was called")
        if cue is None:
            return HttpReply(failure="not_connected")
        if not cue.fails:
            return HttpReply(200, cue.text.encode())
        status = cue.text.strip()
        if status.isascii() and status.isdigit() and 400 <= int(status) <= 599:
            return HttpReply(int(status))
        return HttpReply(failure="no_answer")

    async def refuse_internal(self, address: str) -> None:
        """Nothing is reached, so nothing is refused."""


class CuedTool:
    """A tool that takes whatever it is given."""

    effect = False

    def __init__(self, cues: Cues, name: str) -> None:
        self._cues = cues
        self.spec = ToolSpec(name, name, {"type": "object"})

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002 - the port's
        """The next cue. Raises ToolRefused where there is none, or the cue says so."""
        cue = self._cues.given(f"the tool {self.spec.name} was used")
        if cue is None or cue.fails:
            raise ToolRefused("the script has nothing for it" if cue is None else cue.text or "the script says so")
        return ToolReply(cue.text)

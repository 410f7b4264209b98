"""What a flow wants done. `call` numbers what is answered by a signal; an answer to an older number counts no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from turnkeeper.model.contents import Reply
from turnkeeper.model.payments import Money

Ending = Literal["completed", "cancelled", "handed_over", "looped", "broken"]


@dataclass(frozen=True, slots=True)
class Say:
    """A message. Its texts hold marks (`{{name}}`), `values` what stands for them: whoever sends it fills them in
    (values.put), each as it is written in that place (escaped in Markdown, quoted in an address). Marks without a value
    are nobody's marks, and stand as they are."""

    content: Reply
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choosable:
    """An edge that a model may choose: its exit, and when it is meant."""

    exit: str
    when: str


@dataclass(frozen=True, slots=True)
class AskModel:
    """`task`: what the model is told of its task; `text`: what it answers to, "" for the conversation as it stands.

    `sets`: variables that it may set, and what each is; `history`: how many earlier messages it reads. The task and the
    ways hold marks, `values` what stands for them: whoever asks fills them in, as what people said and not as a task.
    """

    call: int
    task: str
    text: str = ""
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    history: int = 10
    knowledge: bool = True
    chooses: tuple[Choosable, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallHttp:
    """One call to an address of the author's."""

    call: int
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class UseTool:
    """A tool of the bot's configuration."""

    call: int
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extract:
    """Fields out of a text: names, and what each is."""

    call: int
    text: str
    fields: Mapping[str, str]
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class AskPayment:
    """A payment link; answered by `opened`, then by what became of it."""

    call: int
    money: Money
    description: str
    expires_in: float | None = None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Answer `call` with TimedOut after so many seconds, however long."""

    call: int
    seconds: float


@dataclass(frozen=True, slots=True)
class KeepField:
    """Something to be known of the contact from now on; None forgets it."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag on the contact, put on or taken off."""

    name: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SetStage:
    """The conversation's stage, as people see it."""

    stage: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The flow is over."""

    why: Ending


Effect = (
    Say | AskModel | CallHttp | UseTool | Extract | AskPayment | Sleep | KeepField | Tag | SetStage | HandOver | Ended
)

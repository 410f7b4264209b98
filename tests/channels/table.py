"""The table that each kind of channel brings to the contract suite: `tests/channels/cases/KIND.py` holds one, `CASES`.

    CASES = Cases(
        kind="pigeon",
        keys={"coop": "loft-7", "key": KEY},            # [channels.NAME] as in turnkeeper.toml, secrets in plain
        secrets=(KEY,),
        account_id="loft-7",
        prove=lambda raw: Webhook({"x-seal": seal(raw)}, raw),
        forge=lambda good: [Webhook({}, good.body), Webhook(good.headers, good.body + b" ")],
        message=lambda n, text: {"from": "ada", "id": n, "text": text},
        address="pigeon:ada",
        heard=[("text", {"from": "ada", "id": 1, "text": "Salam"}, [{"kind": "text", "text": "Salam"}])],
        delivers=lambda call: call.url.endswith("/fly"),
        good=lambda call: reply(200, {"ring": "r9"}),
        accepted_id="r9",
        answers=[("too heavy", reply(400, {"why": "weight"}), Rejected, {"remedy": "give_up"})],
        unhealthy=[("wrong key", always(reply(401, {})), "token")],
    )

A body is JSON (a dict or list), or bytes where it is no JSON. `heard` has a row for every event and every shape of the
provider's; the mutations of the fuzz start from its bodies.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from turnkeeper.channels import registry
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause, Webhook
from turnkeeper.config.reading import adapter_config
from turnkeeper.model.events import Media

T = TypeVar("T")
Body = Any
Provider = Callable[[Any], HttpReply]
"""Answers every call that an adapter may make."""

FILE = Media(id="9001", url="https://m.example/9001", mime="image/png")
_MOST_CALLS = 30
"""Of one piece of protocol; more is taken for one that never ends."""


@dataclass(frozen=True)
class Cases:
    """One kind of channel.

    `message(n, text)`: the body of a webhook with the n-th text message of one person, whose address is `address`;
    `batch`: joins such bodies into one, where the provider may. `forge`: what others might post instead of a good
    webhook. `heard`: label, body, and for each event in it, in order, what `turnkeeper channel parse` prints of it
    (the keys that matter). `good`: a provider to whom all is well; `delivers`: whether a call is the one that hands
    the message over. `answers`: label, what comes back for that call, the outcome's class and some of its values.
    `short`: bodies that are read the short way (turnkeeper.channels.shape), and others that nearly are.
    `unhealthy`: label, a provider, and the link that the doctor finds broken there (none where there is no health).
    `file`: one that somebody sent.
    """

    kind: str
    keys: Mapping[str, object]
    secrets: tuple[str, ...]
    account_id: str
    prove: Callable[[bytes], Webhook]
    forge: Callable[[Webhook], Sequence[Webhook]]
    message: Callable[[int, str], Body]
    address: str
    heard: Sequence[tuple[str, Body, Sequence[Mapping[str, Any]]]]
    delivers: Callable[[HttpCall], bool]
    good: Provider
    accepted_id: str | None
    answers: Sequence[tuple[str, HttpReply, type, Mapping[str, Any]]]
    unhealthy: Sequence[tuple[str, Provider, str]] = ()
    batch: Callable[[Sequence[Body]], Body] | None = None
    short: Sequence[Body] = ()
    file: Media = FILE

    @cached_property
    def adapter(self) -> Any:
        return registry.find(self.kind).adapter

    @cached_property
    def config(self) -> Any:
        """The adapter's settings, read from `keys` as from a file."""
        table = {"kind": self.kind, "bot": "assistant", **self.keys}
        return adapter_config(registry.find(self.kind).keys.model_validate(table))

    def webhook(self, body: Body) -> Webhook:
        return self.prove(dump(body))

    def delivering(self, answer: HttpReply) -> Provider:
        """A provider who is good until the message is handed over."""
        return lambda call: answer if self.delivers(call) else self.good(call)


def always(answer: HttpReply) -> Provider:
    """A provider who says the same to everything."""
    return lambda _: answer


def dump(body: Body) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def answered(calls: Calls[T], provider: Provider) -> tuple[list[HttpCall], T]:
    """The calls that were made, and the result; pauses take no time."""
    made: list[HttpCall] = []
    try:
        call = next(calls)
        while len(made) < _MOST_CALLS:
            if isinstance(call, Pause):
                call = calls.send(HttpReply())
            else:
                made.append(call)
                call = calls.send(provider(call))
    except StopIteration as end:
        return made, end.value
    raise AssertionError(f"no end after {len(made)} calls: {call}")


FOLDER = Path(__file__).with_name("cases")


def load(kind: str) -> Cases:
    """A kind's table; says what to do where there is none."""
    if not (FOLDER / f"{kind}.py").exists():
        raise AssertionError(
            f"the channel kind {kind!r} has no table: write tests/channels/cases/{kind}.py "
            "(tests/channels/table.py and docs/add-a-channel.md say how)"
        )
    cases: Cases = import_module(f"tests.channels.cases.{kind}").CASES
    return cases

"""A flow's own calls: to an address of its author's, and of a tool. Each is one step; an effect happens once.

An author of flows is no operator: unless the flow is a file beside the configuration, no call reaches the operator's
network. A call that was cut off is made again only where it is the same to make it twice (as HTTP defines its methods).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.flows.effects import CallHttp, UseTool
from turnkeeper.flows.signals import CallAnswered, Failed
from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import Checking, Repeatable, Tool, ToolContext, ToolRefused
from turnkeeper.llm.toolbox import failed as failing
from turnkeeper.model.errors import EffectUnknown, StepChanged
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.rules.addresses import InternalAddress

LARGEST: Final = 256 * 1024
"""Bytes of an answer that are taken."""
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})
"""Headers that no author sets."""
_CUT_OFF: Final = "it was begun and cut off: nobody knows whether it happened"

_OTHERWISE: Final = "an earlier try of this turn did it with other values"


class Calls(Protocol):
    """The shared client."""

    async def call(self, call: HttpCall, *, timeout: float, guarded: bool = False) -> HttpReply:  # noqa: ASYNC109
        """Make one call; never raises for what the network does."""

    async def refuse_internal(self, address: str) -> None:
        """Raises InternalAddress for an address in the operator's network, OSError and ValueError for none."""


class _Came(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a call."""

    status: int = 0
    data: Any = None
    failed: str = ""


_came = msgspec.json.Decoder(_Came).decode
_reply = msgspec.json.Decoder(ToolReply).decode


async def called(
    work: Work, client: Calls | None, ask: CallHttp, seconds: float, *, trusted: bool
) -> CallAnswered | Failed:
    """Make a call that takes so many seconds at most. `trusted`: its author may reach the operator's network."""
    if client is None:
        return Failed(ask.call, "no calls are made here")

    async def run(key: str) -> bytes:
        return msgspec.json.encode(await _made(client, ask, key, min(ask.timeout, seconds), trusted))

    arguments = msgspec.json.encode([ask.method, ask.url, ask.headers, ask.body])
    effect, again = ask.method != "GET", ask.method in ("GET", "PUT", "DELETE")
    try:
        stored = await work.step(
            f"flow {ask.call} http", run, arguments, effect=effect, on_unknown="retry" if again else "raise"
        )
    except EffectUnknown:
        return Failed(ask.call, _CUT_OFF)
    except StepChanged:
        return Failed(ask.call, _OTHERWISE)
    came = _came(stored)
    return Failed(ask.call, came.failed) if came.failed else CallAnswered(ask.call, came.data, came.status)


async def _made(client: Calls, ask: CallHttp, key: str, seconds: float, trusted: bool) -> _Came:
    headers = {name: value for name, value in ask.headers.items() if name.lower() not in _OURS}
    given = {name.lower() for name in headers}
    if ask.method != "GET" and "idempotency-key" not in given:
        headers["idempotency-key"] = key
    body = ask.body.encode("utf-8", "replace") if isinstance(ask.body, str) else None
    if body is not None and "content-type" not in given:
        headers["content-type"] = "text/plain; charset=utf-8"
    json = None if body is not None else ask.body
    call = HttpCall(ask.method, ask.url, headers, json=json, timeout=seconds, body=body)
    reply = await client.call(call, timeout=seconds, guarded=not trusted)
    if reply.failure is not None:
        return _Came(failed=await _why(client, ask.url, reply.failure, trusted))
    if 300 <= reply.status < 400:
        return _Came(reply.status, failed=f"it leads elsewhere ({reply.status})")
    if len(reply.body) > LARGEST:
        return _Came(reply.status, failed=f"the answer is longer than {LARGEST // 1024} kB")
    return _Came(reply.status, _data(reply.body))


async def _why(client: Calls, url: str, failure: str, trusted: bool) -> str:
    """For the operator, who cannot see why nothing left."""
    if failure == "no_answer":
        return "no answer came"
    if not trusted:
        try:
            await client.refuse_internal(url)
        except InternalAddress:
            return "the address leads into our own network"
        except (OSError, ValueError):
            return "there is no such host"
    return "it could not be reached"


def _data(body: bytes) -> Any:
    """JSON, or text."""
    try:
        return msgspec.json.decode(body) if body.strip() else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return body.decode("utf-8", "replace").replace("\x00", "")


async def used(
    work: Work, turn: Turn, tools: Mapping[str, Tool], ask: UseTool, seconds: float
) -> tuple[CallAnswered | Failed, ToolReply]:
    """Use a tool for so many seconds at most; what it gave for the turn comes beside it."""
    tool = tools.get(ask.name)
    if tool is None:
        return Failed(ask.call, f"there is no tool {ask.name!r}"), ToolReply("")

    async def run(key: str) -> bytes:
        return msgspec.json.encode(await _ran(tool, ask.arguments, ToolContext(turn, key), seconds))

    again = isinstance(tool, Repeatable) and tool.repeatable
    arguments = msgspec.json.encode([ask.name, ask.arguments])
    try:
        stored = await work.step(
            f"flow {ask.call} tool",
            run,
            arguments,
            effect=tool.effect,
            on_unknown="retry" if again or not tool.effect else "raise",
        )
    except EffectUnknown:
        return Failed(ask.call, _CUT_OFF), ToolReply("")
    except StepChanged:
        return Failed(ask.call, _OTHERWISE), ToolReply("")
    reply = _reply(stored)
    if reply.failed:
        return Failed(ask.call, reply.told or reply.content), reply
    return CallAnswered(ask.call, _data(reply.content.encode("utf-8", "replace"))), reply


async def _ran(tool: Tool, arguments: Mapping[str, Any], context: ToolContext, seconds: float) -> ToolReply:
    name = tool.spec.name
    try:
        if isinstance(tool, Checking):
            tool.check(arguments)
        async with asyncio.timeout(seconds):
            return await tool.call(arguments, context)
    except ToolRefused as refused:
        return failing(f"nothing was done: {refused}")
    except TimeoutError:
        return failing(f"{name} did not answer within {seconds:.0f} s")
    except Exception as error:  # noqa: BLE001 - whatever somebody's tool raises
        return failing(f"{name} failed: {type(error).__name__}: {error}"[:500])

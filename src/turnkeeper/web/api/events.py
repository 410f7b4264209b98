"""`POST /api/v1/events`: what other systems of the operator's tell of a contact goes into the contact's mailbox.

Token and signature are proven over the raw bytes before anything is parsed. A request is taken whole or not at all, the
way of every webhook: through the store's `take`, or the spool before it. Raw ASGI, as webhooks are.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any

import msgspec

from turnkeeper.model import outside
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable
from turnkeeper.model.events import Inbound
from turnkeeper.model.outside import OutsideEvent
from turnkeeper.model.policy import Channel
from turnkeeper.rules.signing import HEADER, is_proven
from turnkeeper.store.base import Arrival, Intake, Taken
from turnkeeper.web.api.refusals import Refusal, Wrong
from turnkeeper.web.asgi import Answer, Receive, Scope, Send, answer, send_answer
from turnkeeper.web.bodies import Bodies, Refused
from turnkeeper.web.webhooks import Headers, Taking

log = logging.getLogger("turnkeeper.web")

PATH = "/api/v1/events"
LARGEST_BODY = 256 * 1024
"""Bytes of a request."""
MOST_EVENTS = 100
"""Events of one request."""
_DEEPEST = 64
_ADDRESS = re.compile(r"[a-z]+:[!-~]{1,180}")
_FRESH = (b"cache-control", b"no-store")
_CLOSE = (b"connection", b"close")
_REFUSALS = {
    400: "the body was cut off",
    408: "the body came too slowly",
    413: "the request is larger than 256 kB",
}
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class Source:
    """Who may tell events: `channels` are those of its workspace, by name."""

    name: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    channels: Mapping[str, Channel]


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event as it is written."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    type: Annotated[str, msgspec.Meta(pattern=outside.TYPE, max_length=100)]
    channel: Name
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    data: Any = None
    at: float | str | None = None
    stage: Name | None = None
    sequence: Name | None = None
    escalate: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class Told(msgspec.Struct, frozen=True):
    """What became of one event. `conversation`, `duplicate`: None while it waits for the database."""

    event: str
    conversation: str | None
    duplicate: bool | None


class Events:
    """The address as an ASGI app. `address` reads whom an event is for, and raises ConfigurationError; `now` gives unix
    seconds; `taken` hears what the store took; `sequences`: the names of those that there are."""

    def __init__(
        self,
        sources: Sequence[Source],
        store: Taking,
        address: Callable[[Channel, str], str],
        now: Callable[[], float],
        taken: Callable[[Taken], None],
        sequences: frozenset[str] = frozenset(),
    ) -> None:
        self._sources = [(sha256(each.token.encode()).digest(), each) for each in sources]
        self._store = store
        self._address = address
        self._now = now
        self._taken = taken
        self._sequences = sequences
        self._bodies = Bodies(largest=LARGEST_BODY)
        self.outcomes: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            said = await self._answered(scope, receive)
            status = 202
        except Refusal as refusal:
            headers = {405: ((b"allow", b"POST"),), 408: (_CLOSE,), 413: (_CLOSE,), 503: ((b"retry-after", b"5"),)}
            status, said = refusal.status, refusal.answer(_FRESH, *headers.get(refusal.status, ()))
        outcome = _OUTCOMES.get(status, "refused")
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        await send_answer(send, said)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        if scope["path"] != PATH:
            raise Refusal(404, f"the API has {PATH} only")
        if scope["method"] != "POST":
            raise Refusal(405, "use POST")
        headers = Headers(scope["headers"])
        source = self._source(headers)
        try:
            body = await self._bodies.read(receive)
        except Refused as refused:
            raise Refusal(refused.status, _REFUSALS[refused.status]) from None
        if source is None or not is_proven(headers.get(HEADER.lower(), ""), source.secret, body, self._now()):
            raise Refusal(401, f"the token or {HEADER} is missing, wrong or older than 300 seconds")
        batch, events = _read(body)
        told = await self._take(source, events)
        said: object = {"events": told} if batch else told[0]
        return answer(202, msgspec.json.encode(said), _FRESH, kind=b"application/json")

    def _source(self, headers: Headers) -> Source | None:
        """Whose token it is; takes the same time whatever it is."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        digest = sha256(token.strip().encode("utf-8", "replace")).digest()
        found = None
        for known, source in self._sources:
            if compare_digest(known, digest) and scheme.lower() == "bearer":
                found = source
        return found

    async def _take(self, source: Source, given: Sequence[tuple[str, _Given]]) -> list[Told]:
        now = self._now()
        wrongs: list[Wrong] = []
        arrivals: list[Arrival] = []
        for where, each in given:
            found = list(self._wrong(source, where, each))
            wrongs += found
            if not found:
                channel = source.channels[each.channel]
                arrivals.append(Arrival(channel, self._event(source, channel, each), now))
        if wrongs:
            raise Refusal(422, "nothing of this request was taken", wrongs)
        try:
            taken = await self._store.take(Intake(arrivals))
        except StoreUnavailable:
            raise Refusal(503, "cannot keep this now, send it again") from None
        except Exception:
            log.exception("an event could not be kept")
            raise Refusal(503, "cannot keep this now, send it again") from None
        self._taken(taken)
        if not taken.homes:  # in the spool
            return [Told(each.id, None, None) for _, each in given]
        return [Told(each.id, home, not new) for (_, each), (home, new) in zip(given, taken.homes, strict=True)]

    def _wrong(self, source: Source, where: str, given: _Given) -> Iterator[Wrong]:
        """What would come of it later is told now."""
        channel = source.channels.get(given.channel)
        if channel is None:
            yield Wrong(
                f"{where}.channel", f"there is no channel {given.channel!r} that this source may tell events of"
            )
        elif channel.elsewhere is not None:
            yield Wrong(f"{where}.channel", f"the channel is for the environment {channel.elsewhere!r}")
        else:
            try:
                if not _ADDRESS.fullmatch(self._address(channel, given.to)):
                    yield Wrong(f"{where}.to", "is not an address")
            except ConfigurationError as error:
                yield Wrong(f"{where}.to", f"{error.problem}. {error.mend}")
        if given.type.partition(".")[0] in outside.RESERVED:
            yield Wrong(f"{where}.type", f"types that begin with {given.type.partition('.')[0]!r} are the server's own")
        if given.sequence is not None and given.sequence not in self._sequences:
            yield Wrong(f"{where}.sequence", f"there is no sequence {given.sequence!r}")
        if not given.id.isprintable():
            yield Wrong(f"{where}.id", "holds a character that cannot be shown")
        if not _is_moment(given.at):
            yield Wrong(f"{where}.at", "is not an instant: write unix seconds, or ISO 8601 with a time zone")
        if _is_deep(given.data, _DEEPEST):
            yield Wrong(f"{where}.data", f"is nested deeper than {_DEEPEST}")

    def _event(self, source: Source, channel: Channel, given: _Given) -> Inbound:
        told = OutsideEvent(
            type=given.type,
            id=given.id,
            data=given.data,
            source=source.name,
            stage=given.stage,
            sequence=given.sequence,
            escalate=given.escalate,
        )
        return outside.inbound(told, self._address(channel, given.to), _moment(given.at))


def _read(body: bytes) -> tuple[bool, list[tuple[str, _Given]]]:
    """Whether it is a batch, and each event with where it stands."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {_words(error)}") from None
    if not isinstance(said, dict):
        raise Refusal(400, 'the body is not an object: write {"id": …, "type": …} or {"events": […]}')
    if "events" not in said:
        return False, [("$", _converted("$", said))]
    items = said["events"]
    if set(said) != {"events"} or not isinstance(items, list) or not 1 <= len(items) <= MOST_EVENTS:
        raise Refusal(422, f'"events" is a list of 1 to {MOST_EVENTS} events, with nothing beside it')
    wrongs: list[Wrong] = []
    events: list[tuple[str, _Given]] = []
    for n, item in enumerate(items):
        where = f"$.events[{n}]"
        try:
            events.append((where, _converted(where, item)))
        except Refusal as refusal:
            wrongs += refusal.wrongs
    if wrongs:
        raise Refusal(422, "nothing of this request was taken", wrongs)
    return True, events


def _converted(where: str, item: object) -> _Given:
    try:
        return msgspec.convert(item, _Given)
    except msgspec.ValidationError as error:
        problem, _, at = str(error).partition(" - at `$")
        place = where + at.rstrip("`")
        raise Refusal(422, "nothing of this request was taken", [Wrong(place, problem)]) from None


def _words(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def _moment(at: float | str | None) -> int | None:
    """Unix seconds, None for none; raises ValueError for what is no instant."""
    if at is None:
        return None
    if isinstance(at, str):
        read = datetime.fromisoformat(at)
        if read.tzinfo is None:
            raise ValueError(at)
        at = read.timestamp()
    if not 0 < at < 1e11:
        raise ValueError(at)
    return int(at)


def _is_moment(at: float | str | None) -> bool:
    try:
        _moment(at)
    except ValueError:
        return False
    return True


def _is_deep(value: object, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_is_deep(each, left - 1) for each in value.values())
    if isinstance(value, list):
        return left == 0 or any(_is_deep(each, left - 1) for each in value)
    return False


_OUTCOMES = {202: "accepted", 401: "forbidden", 503: "store_unavailable"}

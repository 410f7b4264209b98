"""Webhooks: verify, parse, take, answer 200. Nothing else happens on this path.

Raw ASGI, since every microsecond here is paid for each message. A body is proven over its raw bytes
before it is parsed, and only what the store has taken is answered with 200; no input gives a 500.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import parse_qsl

from turnkeeper.channels.base import ChannelAdapter, Forbidden, NotThisProvider, Webhook
from turnkeeper.engine.sorting import sorted_out
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.events import Received, Unreadable
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Arrival, Intake, Taken
from turnkeeper.web.asgi import Receive, Scope, Send, answer
from turnkeeper.web.bodies import Bodies, Refused
from turnkeeper.web.counters import WebhookCounters

log = logging.getLogger("turnkeeper.web")


class Taking(Protocol):
    """The one method of the store that this path needs."""

    async def take(self, intake: Intake) -> Taken:
        """Put a webhook's events into their mailboxes; raises StoreUnavailable."""


class Traced(Protocol):
    """Makes spans of what was taken."""

    def accepted(self, arrivals: Sequence[Arrival], began_at: float, ended_at: float, *, all_new: bool) -> None:
        """These came in one webhook; instants are unix seconds."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The channels that share a secret, by account id; `config` is one that can prove it."""

    config: object
    own: Mapping[str, Channel]
    first: Channel


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One webhook address: an adapter and the holders whose secrets may match.

    `ends_in_secret`: the provider signs nothing, so the address has one more segment that proves it.
    """

    adapter: ChannelAdapter[Any]
    holders: Sequence[Holder]
    ends_in_secret: bool = False


class Headers(Mapping[str, str]):
    """A request's headers by lower-case name, decoded when asked for. The last of a name counts."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        wanted = name.encode("latin-1", "replace")
        for key, value in reversed(self._raw):
            if key == wanted:
                return value.decode("latin-1")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter({key.decode("latin-1"): None for key, _ in self._raw})

    def __len__(self) -> int:
        return len({key for key, _ in self._raw})


class Webhooks:
    """The ASGI app of all webhook addresses. `now` gives unix seconds."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        store: Taking,
        wakeups: Wakeups,
        now: Callable[[], float],
        counters: WebhookCounters,
        traced: Traced | None = None,
    ) -> None:
        self._traced = traced
        self._endpoints = endpoints
        self._store = store
        self._wakeups = wakeups
        self._now = now
        self._counters = counters
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        refusals = REFUSALS
        try:
            endpoint, path_secret = self._endpoint(scope["path"])
            if endpoint.ends_in_secret:
                refusals = _SILENT
            if scope["method"] == "POST":
                said = await self._accept(endpoint, path_secret, scope, receive)
                start, body = answer(200, said, kind=b"application/json") if said else OK
                outcome = "accepted"
            elif scope["method"] == "GET":
                challenge = _challenge(endpoint, scope["query_string"])
                start, body = answer(200, challenge)
                outcome = "verified"
            else:
                raise Refused(405, "wrong_method")
        except Refused as refused:
            start, body = refusals[refused.status]
            outcome = refused.outcome
        self._counters.add(outcome, perf_counter() - started)
        await send(start)
        await send(body)

    def _endpoint(self, path: str) -> tuple[Endpoint, str]:
        """Whom an address belongs to, and the secret that ends it, which the adapter compares."""
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            return endpoint, ""
        address, _, path_secret = path.rpartition("/")
        endpoint = self._endpoints.get(address)
        if endpoint is None or not endpoint.ends_in_secret:
            raise Refused(404, "unknown_address")
        return endpoint, path_secret

    async def _accept(self, endpoint: Endpoint, path_secret: str, scope: Scope, receive: Receive) -> bytes:
        """Keep what came; what the 200 says, where the provider wants to hear something."""
        headers = scope["headers"]
        body = await self._bodies.read(receive)
        request = Webhook(Headers(headers), body, path_secret=path_secret)
        holder = _proven(endpoint, request)
        began_at = self._now()
        received = _parsed(endpoint, request, holder)
        intake = sorted_out(received, holder.own, holder.first, began_at)
        asked = perf_counter()
        try:
            taken = await self._store.take(intake)
        except StoreUnavailable:
            raise Refused(503, "store_unavailable") from None
        except Exception:
            log.exception("a webhook could not be kept")
            raise Refused(503, "store_failed") from None
        finally:
            self._counters.takes.add(perf_counter() - asked)
        self.taken(taken)
        if self._traced is not None:
            self._traced.accepted(intake.arrivals, began_at, self._now(), all_new=not taken.duplicates)
        return _acknowledgement(endpoint, received, holder)

    def taken(self, taken: Taken) -> None:
        """Count what the store has taken, now or out of the spool, and wake whom it concerns."""
        self._counters.events += taken.accepted
        self._counters.duplicates += taken.duplicates
        if taken.wakes:
            self._wakeups.publish(taken.wakes)


def _parsed(endpoint: Endpoint, request: Webhook, holder: Holder) -> Sequence[Received]:
    try:
        return endpoint.adapter.parse(request, holder.config)
    except NotThisProvider:
        raise Refused(400, "not_this_provider") from None
    except Exception:
        # A mistake of ours must not cost a message: it is kept whole, and seen in the ledger.
        log.exception("a webhook could not be parsed")
        return [Unreadable(reason="could not be parsed", raw=request.body)]


def _acknowledgement(endpoint: Endpoint, received: Sequence[Received], holder: Holder) -> bytes:
    """Nothing where another environment answers."""
    acknowledgement = getattr(endpoint.adapter, "acknowledgement", None)
    if acknowledgement is None or holder.first.elsewhere is not None:
        return b""
    said: bytes = acknowledgement(received, holder.config)
    return said


def _proven(endpoint: Endpoint, request: Webhook) -> Holder:
    for holder in endpoint.holders:
        try:
            endpoint.adapter.verify(request, holder.config)
        except Forbidden:
            continue
        return holder
    raise Refused(401, "forbidden")


def _challenge(endpoint: Endpoint, query: bytes) -> bytes:
    """The answer to a provider that checks the address, by any of its channels."""
    challenge = getattr(endpoint.adapter, "challenge", None)
    if challenge is None:
        raise Refused(405, "wrong_method")
    try:
        given = dict(parse_qsl(query.decode("latin-1"), max_num_fields=20))
    except ValueError:
        raise Refused(403, "not_verified") from None
    for holder in endpoint.holders:
        for channel in dict.fromkeys(holder.own.values()):
            try:
                answer: str = challenge(given, channel.config)
            except Forbidden:
                continue
            return answer.encode()
    raise Refused(403, "not_verified")


_CLOSE = (b"connection", b"close")
OK = answer(200, b"")  # a body would be a second write to the socket
_REFUSED: Mapping[int, tuple[bytes, tuple[tuple[bytes, bytes], ...]]] = {
    400: (b"not a webhook of this provider\n", ()),
    401: (b"the signature is missing or wrong\n", ()),
    403: (b"the verify token is missing or wrong\n", ()),
    404: (b"no webhook has this address\n", ()),
    405: (b"use POST\n", ((b"allow", b"GET, POST"),)),
    408: (b"the body came too slowly\n", (_CLOSE,)),
    413: (b"the body is larger than 3 MB\n", (_CLOSE,)),
    503: (b"cannot keep this now, send it again\n", ((b"retry-after", b"5"),)),
}
REFUSALS = {status: answer(status, said, *headers) for status, (said, headers) in _REFUSED.items()}
_SILENT = {status: answer(status, b"", *headers) for status, (_, headers) in _REFUSED.items()}
"""For gateways, which may pass an answer's body on to the person who wrote."""

"""Talk to a bot in a test: the production engine, a database in memory, virtual time, and no network.

    @in_virtual_time
    async def test_it_greets() -> None:
        async with conversation(bot) as person:
            await person.says("hi")
            assert person.heard == ["Hello!"]

Hours pass at once: what a test waits for costs no time, so a follow-up of tomorrow is tested like any other.
"""

from __future__ import annotations

import asyncio
import functools
import math
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec

from turnkeeper.bots.farewell import with_farewell
from turnkeeper.bots.sequencing import Sequencing
from turnkeeper.channels import registry
from turnkeeper.channels.base import Calls, HttpCall, HttpReply
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.answer import Bot
from turnkeeper.engine.calling import played
from turnkeeper.engine.template_sync import row_of
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.engine.worker import Worker
from turnkeeper.model.conversation import Conversation, Mode
from turnkeeper.model.events import Choice, EventKind, Inbound
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, ChannelId
from turnkeeper.model.payments import PaymentFound
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy
from turnkeeper.model.templates import FoundTemplate, TemplateDefinition
from turnkeeper.store.base import Arrival, Intake, Ledger, Moment, Report
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.cabinet import Cabinet, ids_in, kind_of
from turnkeeper.testing.events import ADA, TURNS, Channels, event, status, text
from turnkeeper.testing.screen import last_offer, words_shown
from turnkeeper.testing.virtual_time import VirtualClock, VirtualTimeLoop, run
from turnkeeper.testing.watched import Watched, innermost, scripted_models

if TYPE_CHECKING:
    from turnkeeper.engine.scheduling import Schedules

P = ParamSpec("P")
T = TypeVar("T")
_KIND = "whatsapp_cloud"
_BOT = "bot"
_CALL = 0.1
"""Virtual seconds that a call of the provider takes."""
_REPORT = 0.5
_LOOK = 0.1
_NAP = 2.0
_LONGEST = 3600.0
"""Virtual seconds after which a conversation that is still busy is taken for one that never rests."""


class NeverAtRest(AssertionError):
    """What was waited for had not come after an hour of virtual time."""


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Make an async test one that any runner can call; its hours pass at once."""

    @functools.wraps(test)
    def call(*args: P.args, **named: P.kwargs) -> T:
        return run(test(*args, **named))

    return call


class Person:
    """Somebody on a phone, and what they got to see.

    `heard`: every message that reached them, as it was written for WhatsApp, oldest first: its words, or what it
    is (`[image]`). `received`: the same, as they went over the wire. `raised`: what the bot raised, each attempt's.
    `state` and `stage`: what the bot's latest finished turn left to the next one.
    """

    def __init__(self, bot: Bot, turns: TurnPolicy, name: str, seed: int) -> None:
        self.heard: list[str] = []
        self.received: list[dict[str, Any]] = []
        self.typing_at: list[float] = []
        self._watched = Watched(Sequencing(bot))
        self._name = name
        self._rng = random.Random(seed)
        self._lives = 0
        self._reports: set[asyncio.Task[None]] = set()
        config = WhatsAppCloudConfig("1001", "2001", "token", "secret", "verify")
        able = registry.find(_KIND).adapter.capabilities
        sends = SendPolicy(
            able.free_form_window,
            on_unknown=able.on_unknown,
            stale_uploads=able.stale_uploads,
            entry_window=able.entry_window,
            window_codes=able.window_codes,
            opt_out_codes=able.opt_out_codes,
        )
        self._channel = Channel(DEFAULT_WORKSPACE, ChannelId("shop"), _KIND, BotId(_BOT), turns, sends, config)
        self._store = SqliteStore(":memory:", Channels(self._channel), inline=True)
        self._clock = VirtualClock()
        self._worker: Worker | None = None
        self._times: Schedules | None = None
        self._wakeups = LocalWakeups()
        self._cabinet = Cabinet()

    @property
    def files(self) -> list[bytes]:
        """The files that arrived, oldest first; what the bot sent by a link is not among them."""
        known_as = [id_ for body in self.received for id_ in ids_in(body)]
        return [self._cabinet.uploaded[id_] for id_ in known_as if id_ in self._cabinet.uploaded]

    @property
    def offered(self) -> list[str]:
        """The titles of the buttons or rows that were offered last."""
        return [each.title for each in last_offer(self.received)]

    @property
    def raised(self) -> list[Exception]:
        """What the bot raised, the newest last."""
        return self._watched.raised

    @property
    def state(self) -> dict[str, Any]:
        """The session's state after the latest turn."""
        return dict(self._watched.left.state)

    @property
    def stage(self) -> str | None:
        """Where the next turn starts."""
        return self._watched.left.stage

    @property
    def now(self) -> float:
        """The virtual instant: unix seconds."""
        return self._clock.now()

    async def due_in(self) -> float | None:
        """Seconds until something happens by itself, such as a timer; None: nothing will."""
        times = [await self._store.next_due()]
        found = await self._found()
        if self._times is not None and found is not None:
            facts = await self._store.facts(found.workspace_id, found.contact_id, BotId(_BOT))
            known = {fact.name: msgspec.json.decode(fact.value) for fact in facts}
            times.append(await self._times.comes_to(known, found.addresses.split("\n")))
        due = min((each for each in times if each is not None), default=None)
        return None if due is None else max(0.0, due - self._clock.now())

    async def says(self, *texts: str, pause: float = 1.0) -> None:
        """Write messages, `pause` seconds apart, and wait until the bot has nothing left to do or to send."""
        for place, said in enumerate(texts):
            if place:
                await asyncio.sleep(pause)
            await self.writes(said)
        await self.rests()

    async def writes(self, said: str) -> None:
        """Write a message and go on at once, as somebody does who has more to say."""
        event = text(said, at=self._clock.now())
        await self.does(msgspec.structs.replace(event, sender_name=self._name))

    async def sends(
        self,
        data: bytes,
        mime: str,
        *,
        kind: EventKind | None = None,
        filename: str | None = None,
        caption: str | None = None,
        album: str | None = None,
        wait: bool = True,
    ) -> None:
        """Send a file, and `wait` for everything that follows. `kind`: how, where `mime` does not say it (`voice`);
        `album`: what files have in common that are sent at once."""
        sent = event(kind or kind_of(mime), caption, at=self._clock.now())
        media = self._cabinet.put(data, mime, filename)
        await self.does(msgspec.structs.replace(sent, media=media, album=album, sender_name=self._name))
        if wait:
            await self.rests()

    async def does(self, event: Inbound) -> None:
        """Anything else that a person can do; `turnkeeper.testing.events` builds events."""
        taken = await self._store.take(Intake([Arrival(self._channel, event, self._clock.now())]))
        self._wakeups.publish(taken.wakes)

    async def is_told(self, provider: str, found: PaymentFound) -> None:
        """A provider of payments tells something, as by a webhook; `turnkeeper.testing.payments` has one."""
        told = await self._store.payment_found(provider, found, self._clock.now())
        self._wakeups.publish(list(told.wakes))

    async def taps(self, title: str) -> None:
        """Tap one of the buttons or rows that were offered last, and wait for everything that follows."""
        for offered in last_offer(self.received):
            if offered.title == title:
                pressed = event(offered.kind, title, at=self._clock.now())
                choice = Choice(offered.id, title)
                await self.does(msgspec.structs.replace(pressed, choice=choice, sender_name=self._name))
                return await self.rests()
        raise AssertionError(f"nobody offered {title!r}, only {self.offered!r}")

    async def waits(self, seconds: float) -> None:
        """Be silent for so long; timers that are due meanwhile fire and are answered."""
        until = self._clock.now() + seconds
        while True:
            await self.rests()
            by_the_clock = until if self._times is None else await self._times.look()
            due = await self._store.next_due()
            now = self._clock.now()
            if now >= until:
                return
            wake_at = min(until, by_the_clock, until if due is None else due)
            if wake_at - now > _NAP:
                await self._sleep_through(wake_at - now - _NAP / 2)
            else:
                await asyncio.sleep(min(_NAP, until - now))

    async def _sleep_through(self, seconds: float) -> None:
        """Nothing is due for so long: without a server, whose heart would beat all the while."""
        assert self._worker is not None
        await self._worker.drain(0.0)
        await asyncio.sleep(seconds)
        await self._start()

    async def rests(self) -> None:
        """Wait until no turn waits or runs and nothing is left to send. Raises NeverAtRest."""
        busy = 0.0
        while busy < _LONGEST:
            found = await self._found()
            if found is None or (found.owner is None and found.due_at is None):
                return
            await asyncio.sleep(_LOOK)
            busy += _LOOK
        raise NeverAtRest(f"the bot is still busy after {_LONGEST:.0f} s; it raised {self.raised!r}")

    async def hears(self, said: str) -> None:
        """Wait until a message with these words has arrived. Raises NeverAtRest if none does."""
        over = self._clock.now() + _LONGEST
        while not any(said in heard for heard in self.heard):
            if self._clock.now() > over:
                raise NeverAtRest(f"nobody said {said!r}, only {self.heard!r}; the bot raised {self.raised!r}")
            await asyncio.sleep(_LOOK)

    async def is_answered_by(self, mode: Mode) -> bool:
        """Whether it is now the bot (`Mode.BOT`), a person (`Mode.HUMAN`) or nobody (`Mode.PAUSED`)."""
        found = await self._found()
        return found is not None and found.mode == mode

    async def is_taken_over(self) -> None:
        """A colleague takes the conversation from the bot, in the middle of a turn if there is one."""
        await self._set_mode(Mode.HUMAN)

    async def is_given_back(self) -> None:
        """The bot answers again."""
        await self._set_mode(Mode.BOT)

    async def survives_a_crash(self) -> None:
        """`kill -9` the server at this moment and start another, which resumes what the first had begun."""
        assert self._worker is not None
        self._worker.kill()
        await self._start()

    async def outlasts_an_outage(self, seconds: float) -> None:
        """`kill -9` the server; for so long there is none. Then another starts."""
        assert self._worker is not None
        self._worker.kill()
        await asyncio.sleep(seconds)
        await self._start()

    async def has_template(self, definition: TemplateDefinition, reason: str | None = None) -> None:
        """Let the provider have told of a template, in the definition's status (`reason`: why, in Meta's word); told
        again, it takes the place of what was known."""
        found = FoundTemplate(definition, f"{definition.name}.{definition.language}", "GREEN", reason)
        await self._store.put_template(row_of(self._channel, found, self._clock.now()))

    async def moments(self) -> list[Moment]:
        """The conversation's story as the console tells it."""
        found = await self._found()
        return [] if found is None else await self._store.moments(found.key, 10_000)

    async def ledger(self) -> Ledger:
        """What became of everything that was said."""
        return await self._store.ledger()

    def _gets(self, body: Any) -> str:
        """A message arrives; the provider's id of it. That it did is reported, whoever sent it has died by then."""
        self.received.append(body)
        self.heard.append(words_shown(body))
        known_as = f"wamid.out.{len(self.heard)}"
        reporting = asyncio.create_task(self._report(known_as, body["biz_opaque_callback_data"]))
        self._reports.add(reporting)
        reporting.add_done_callback(self._reports.discard)
        return known_as

    async def _report(self, known_as: str, tracker: str) -> None:
        await asyncio.sleep(_REPORT)
        update = status("delivered", id=known_as, tracker=tracker, at=self._clock.now())
        taken = await self._store.take(Intake(reports=[Report(self._channel, update, self._clock.now())]))
        self._wakeups.publish(taken.wakes)

    async def _found(self) -> Conversation | None:
        return await self._store.find(DEFAULT_WORKSPACE, self._channel.id, f"phone:{ADA}")

    async def _set_mode(self, mode: Mode) -> None:
        found = await self._found()
        if found is None:
            raise ValueError("there is no conversation before the person has written")
        wake = await self._store.set_mode(found.key, mode, self._clock.now())
        self._wakeups.publish([wake] if wake is not None else [])

    async def _open(self) -> None:
        await self._store.open()
        await self._store.migrate()
        await self._start()

    async def _start(self) -> None:
        self._lives += 1
        life = self._lives
        self._wakeups = LocalWakeups()
        self._worker = Worker(
            self._store,
            {_KIND: registry.find(_KIND).adapter},
            {_BOT: self._watched},
            _Phone(self, self._clock),
            self._wakeups,
            self._clock,
            rng=self._rng,
            name=lambda: f"worker-{life}",
            files=self._cabinet.keeper(self._store, {_KIND: registry.find(_KIND).adapter}, self._clock),
        )
        await self._worker.start()
        shelf = getattr(innermost(self._watched), "shelf", None)
        if shelf is not None:
            from turnkeeper.engine.scheduling import Schedules

            self._times = Schedules(self._store, shelf, [self._channel], self._clock, every=math.inf)
            await self._times.look()

    async def _close(self) -> None:
        if self._worker is not None:
            await self._worker.drain(0.0)
        for reporting in self._reports:
            reporting.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)
        await self._store.close()
        self._cabinet.close()


class _Phone:
    """The provider: takes everything, and shows it to the person."""

    def __init__(self, person: Person, clock: VirtualClock) -> None:
        self._person = person
        self._clock = clock

    async def play(self, calls: Calls[T], *, timeout: float) -> T:  # noqa: ARG002, ASYNC109 - the port's
        """Take each call after a moment."""
        return await played(calls, self._taken)

    async def _taken(self, call: HttpCall) -> HttpReply:
        await asyncio.sleep(_CALL)
        body: Any = call.json
        if "typing_indicator" in body:
            self._person.typing_at.append(self._clock.monotonic())
            return HttpReply(200, b'{"success":true}')
        reply = {"messaging_product": "whatsapp", "messages": [{"id": self._person._gets(body)}]}
        return HttpReply(200, msgspec.json.encode(reply))


@asynccontextmanager
async def conversation(
    bot: Bot, *, turns: TurnPolicy = TURNS, name: str = "Ada", seed: int = 0
) -> AsyncIterator[Person]:
    """Somebody called `name` who writes to the bot. `turns`: as in the configuration, 4 s of quiet unless said.

    Must run in virtual time (`in_virtual_time`); raises RuntimeError where it does not. At its end raises ScriptOver
    where a scripted model was asked more than its script knows.
    """
    if not isinstance(asyncio.get_running_loop(), VirtualTimeLoop):
        raise RuntimeError("a conversation runs in virtual time: write @in_virtual_time above the test")
    person = Person(with_farewell(bot, turns.farewell), turns, name, seed)
    await person._open()
    try:
        yield person
    finally:
        await person._close()
    for model in scripted_models(bot):
        model.see_that_it_was_not_over()

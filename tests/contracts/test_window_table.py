"""What becomes of a message: its kind, the window, the fallback template, what the contact wants. One table.

`sent`: as it is; `template`: the fallback template went instead; `closed`, `unwanted`: refused, with the reason, and
nothing was called; `silent`: the bot was not even asked. A row stands for every case that its sets name; the first
that fits a case counts, so that exceptions stand above rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import msgspec
import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_window import STAND_IN, commit, shop, stood_in
from tests.contracts.world import World
from turnkeeper.model.consent import EVERYTHING
from turnkeeper.model.contents import Content, Reaction, Template, Text
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.events import Referral
from turnkeeper.model.outbound import Accepted
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateRow
from turnkeeper.store.base import Arrival, ClaimedSend, ClaimedTurn, Dispatch, Intake, Sent
from turnkeeper.testing.events import event, text

HOUR, DAY = 3_600.0, 86_400.0
SAID = {
    "words": Text("hello"),
    "emoji": Reaction("wamid.1", "👍"),
    "utility": Template("seat_confirmed", "en"),
    "marketing": Template("spring_sale", "en"),
}
BY = ("answer", "reminder", "event", "operator")
"""Who says it: a turn that a person began, one that a timer began, one that another system began, a colleague."""
WINDOWS = ("open", "closed", "ad", "none")
"""`ad`: two days after a message that came by way of an ad; `none`: a channel without a window, two days later."""
FALLBACKS = ("with", "without")
WANTS = ("anything", "no marketing", "nothing", "STOP")
"""`nothing`: told to an operator; `STOP`: written by the contact, who is silent ever since."""

ANY = "any"
TABLE = [
    # what          said by              window    fallback    wanted          becomes
    (ANY,           "answer",            ANY,      ANY,       "STOP",         "silent"),
    (ANY,           "reminder",          ANY,      ANY,       "nothing STOP", "silent"),
    ("marketing",   ANY,                 ANY,      ANY,       "no marketing", "unwanted"),
    ("templates",   "answer",            ANY,      ANY,       ANY,            "sent"),
    ("templates",   ANY,                 ANY,      ANY,       "nothing STOP", "unwanted"),
    ("templates",   ANY,                 ANY,      ANY,       ANY,            "sent"),
    ("words emoji", ANY,                 "open ad none", ANY, ANY,            "sent"),
    ("emoji",       ANY,                 "closed", ANY,       ANY,            "closed"),
    ("words",       ANY,                 "closed", "without", ANY,            "closed"),
    ("words",       "answer",            "closed", "with",    ANY,            "template"),
    ("words",       ANY,                 "closed", "with",    "nothing STOP", "unwanted"),
    ("words",       ANY,                 "closed", "with",    ANY,            "template"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    what: str
    by: str
    window: str
    fallback: str
    wants: str

    def __str__(self) -> str:
        return f"{self.by} {self.what}, window {self.window}, {self.fallback} fallback, wants {self.wants}"

    @property
    def person(self) -> str:
        return str(self).replace(" ", "-").replace(",", "")

    @property
    def channel(self) -> str:
        return f"{'free' if self.window == 'none' else 'strict'}-{self.fallback}"


def cases() -> Iterator[Case]:
    for each in map(Case, *zip(*product(SAID, BY, WINDOWS, FALLBACKS, WANTS), strict=True)):
        if each.fallback == "with" or each.what == "words":  # else it has nothing to do with it
            yield each


def expected(case: Case) -> str:
    for what, by, window, fallback, wants, becomes in TABLE:
        named = {ANY: case.what, "templates": "utility marketing"}.get(what, what).split()
        sets = ((by, case.by), (window, case.window), (fallback, case.fallback), (wants, case.wants))
        if case.what in named and all(each in (ANY, have) or have in each.split() for each, have in sets):
            return becomes
    raise AssertionError(f"no row for: {case}")


def channels() -> list[Channel]:
    made = [
        replace(shop(STAND_IN if fallback == "with" else None, window), id=f"{name}-{fallback}")
        for name, window in (("strict", DAY), ("free", None))
        for fallback in FALLBACKS
    ]
    return [replace(each, turns=replace(each.turns, opt_out_notice="")) for each in made]


class Stage:
    """One case played: the contact writes, says what they want, time goes by, and then it is said."""

    def __init__(self, w: World, case: Case) -> None:
        self.w = w
        self.case = case
        self.channel = w.directory.channel(w.channel.workspace_id, case.channel) or w.channel  # type: ignore[arg-type]

    async def hear(self, said: str, *, ad: bool = False) -> None:
        heard = text(said, of=self.case.person, at=self.w.now)
        await self.w.hear(changed(heard, ad=Referral("1", "ad")) if ad else heard, channel=self.channel)

    async def play(self) -> str:
        await self.hear("hi", ad=self.case.window == "ad")
        turn = await self.w.turn()
        await self.w.store.commit(
            self.w.ending(turn, timers=[self.w.timer(turn, HOUR, name=self.case.person)] if self._reminds else [])
        )
        await self._wants(turn)
        if self.case.by == "answer":
            await self.hear("and now?")
            begun = await self._claimed()
        if self.case.window != "open":
            self.w.now += 2 * DAY
        if self.case.by == "operator":
            return await self._noticed()
        if self.case.by != "answer":
            await self._tell()
            begun = await self._claimed()
        if begun is None:
            return "silent"
        return await self._said(begun)

    @property
    def _reminds(self) -> bool:
        return self.case.by == "reminder"

    async def _wants(self, turn: ClaimedTurn) -> None:
        purpose = {"no marketing": "marketing", "nothing": EVERYTHING}.get(self.case.wants)
        if purpose is not None:
            await self.w.store.set_consent(turn.run.key, purpose, False, "operator", self.w.now)
        if self.case.wants == "STOP":
            await self.hear("STOP")

    async def _tell(self) -> None:
        if self._reminds:
            self.w.now += HOUR
            await self.w.fire()
        else:
            outside = changed(event("api", "order", of=self.case.person), details={"type": "order"})
            await self.w.hear(outside, channel=self.channel)

    async def _claimed(self) -> ClaimedTurn | None:
        if await self.w.store.next_due() is None:
            return None
        return await self.w.turn()

    async def _said(self, turn: ClaimedTurn) -> str:
        dispatch = await commit(self.w, turn, SAID[self.case.what])
        became = await self._sent(dispatch)
        whole = await self.w.store.whole_turn(turn.run.key)
        assert whole is not None
        return became or self._refused(whole.rows)

    async def _noticed(self) -> str:
        contents = [msgspec.to_builtins(SAID[self.case.what])]
        said = changed(event("operator", "x", of=self.case.person), details={"takes_over": False, "contents": contents})
        await self.w.store.take(Intake([Arrival(self.channel, said, self.w.now)]))
        for claimed in await self.w.claim():
            assert isinstance(claimed, ClaimedSend)
            return await self._sent(Dispatch(claimed)) or ""
        spoken = await self.w.store.spoken(self.channel.workspace_id, self.channel.id, said.dedup_key)
        assert spoken is not None
        return self._refused(spoken.rows)

    async def _sent(self, dispatch: Dispatch) -> str | None:
        if dispatch.send is None:
            return None
        send = dispatch.send
        content = msgspec.json.decode(send.row.content, type=Content)
        after = await self.w.store.record(
            Sent(send.row.key, send.row.tries, Accepted(self.case.person), send.run, 1.0, self.w.now)
        )
        assert after.send is None
        if content == SAID[self.case.what]:
            return "sent"
        assert content == stood_in("hello")
        return "template"

    def _refused(self, rows: list[OutboundRow]) -> str:
        (row,) = rows
        assert (row.state, row.tries) == ("failed", 0)
        assert row.reason
        return {"window_closed": "closed", "opted_out": "unwanted"}[row.code or ""]


async def prepared(w: World) -> None:
    for name in ("strict-with", "strict-without", "free-with", "free-without"):
        for template, category in (("seat_confirmed", "UTILITY"), ("spring_sale", "MARKETING"), ("answer_ready", "")):
            where = (w.channel.workspace_id, name, template, "en")
            row = TemplateRow(*where, template, "APPROVED", category, "", None, b"{}", w.now)  # type: ignore[arg-type]
            await w.store.put_template(row)


@pytest.mark.limit(60)
@pytest.mark.parametrize(
    ("database", "windows"), [("sqlite-memory", WINDOWS), ("postgres", ("closed", "none"))], indirect=["database"]
)
async def test_every_case_ends_as_the_table_says(world: OpenWorld, windows: tuple[str, ...]) -> None:
    async with world(*channels()) as w:
        await prepared(w)
        wrong = []
        played = [case for case in cases() if case.window in windows]
        for case in played:
            became = await Stage(w, case).play()
            if became != expected(case):
                wrong.append(f"{case}: {became}, not {expected(case)}")
        assert wrong == []
        assert (await w.ledger()).accepted > len(played)


def test_no_row_of_the_table_is_for_nothing() -> None:
    used = set()
    for case in cases():
        used.add(expected(case))
    assert used == {"sent", "template", "closed", "unwanted", "silent"}

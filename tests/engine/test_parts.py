"""The engine's small parts: patience, the clock, rendering, idempotency keys."""

import asyncio
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.rig import now
from turnkeeper.channels.base import Capabilities
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.journal import idempotency_key
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.rendering import Rendered, rendered
from turnkeeper.model.contents import Sections
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.errors import Fenced, StoreUnavailable
from turnkeeper.model.ids import ConversationId, WorkspaceId
from turnkeeper.model.limits import ContentLimits
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.virtual_time import VirtualClock


@in_virtual_time
async def test_a_write_is_repeated_until_the_store_is_back() -> None:
    tries: list[float] = []

    async def write() -> str:
        tries.append(now())
        if now() < 60.0:
            raise StoreUnavailable("away")
        return "stored"

    assert await until_stored(write, VirtualClock()) == "stored"
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits[0] < 0.1
    assert 3.0 < max(waits) <= 5.0
    assert now() < 66.0


@in_virtual_time
async def test_a_write_that_is_refused_is_given_up_at_once() -> None:
    tries: list[float] = []

    async def write() -> None:
        tries.append(now())
        raise Fenced("lost")

    with pytest.raises(Fenced):
        await until_stored(write, VirtualClock())
    assert tries == [0.0]


@in_virtual_time
async def test_waiting_for_the_store_can_be_cancelled() -> None:
    async def write() -> None:
        raise StoreUnavailable("away")

    waiting = asyncio.ensure_future(until_stored(write, VirtualClock()))
    await asyncio.sleep(10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("offsets, ahead", [((5.0,), 5.0), ((-3.0,), -3.0), ((5.0, 0.0), 5.0), ((5.0, -5.0), 0.0)])
def test_the_clock_follows_the_databases(offsets: tuple[float, ...], ahead: float) -> None:
    reference, clock = SystemClock(), SystemClock()
    for offset in offsets:
        clock.follow(clock.now() + offset, clock.now())
    assert clock.now() - reference.now() == pytest.approx(ahead, abs=0.1)


@pytest.mark.parametrize(
    "label, replies, bodies",
    [
        ("nothing", [], []),
        ("silence is nothing", ["", " \n"], []),
        ("in order", ["one", "two"], ["one", "two"]),
        ("rendered, then split", ["**Hi** there you all"], ["*Hi* there", "you all"]),
        ("each on its own", ["a b c d e f g", "**x**"], ["a b c d e", "f g", "*x*"]),
    ],
)
def test_replies_become_messages_that_fit(label: str, replies: list[str], bodies: list[str]) -> None:
    found = rendered(replies, Capabilities(ContentLimits(text=10), "whatsapp")).contents
    assert [content.decode() for content in found] == [f'{{"type":"text","body":"{body}"}}' for body in bodies]


steps = st.builds(
    StepRow,
    st.sampled_from(["a", "b"]).map(WorkspaceId),
    st.sampled_from(["c1", "c12"]).map(ConversationId),
    st.integers(1, 12),
    st.integers(0, 2),
    st.sampled_from(["book", "book1", "1", "book\x1f1"]),
    st.integers(1, 12),
    st.just("digest"),
    st.booleans(),
    st.floats(0, 1),
)


@given(steps, steps)
def test_a_key_is_the_same_for_one_step_and_different_for_any_other(one: StepRow, other: StepRow) -> None:
    def place(step: StepRow) -> tuple[object, ...]:
        where = (step.workspace_id, step.conversation_id, step.turn_no)
        return (*where, step.attempt, step.name, step.occurrence)

    assert (idempotency_key(one) == idempotency_key(other)) == (place(one) == place(other))


def test_declared_sections_are_not_cut_and_parts_are_numbered() -> None:
    texts = ("One two three. Four.", "Five six seven.\n\nEight nine ten.")
    sections = Sections(texts, reply_to="wamid.1")
    can = Capabilities(ContentLimits(text=45))

    whole = _bodies(rendered([sections], can))
    undeclared = _bodies(rendered(["\n\n".join(texts)], can))
    numbered = _bodies(rendered([sections], can, numbered=True))

    assert whole == [(texts[0], "wamid.1"), (texts[1], None)]
    assert undeclared == [(f"{texts[0]}\n\nFive six seven.", None), ("Eight nine ten.", None)]
    assert [body for body, _ in numbered] == [f"{texts[0]}\n\n(1/2)", f"{texts[1]}\n\n(2/2)"]


def _bodies(said: Rendered) -> list[tuple[str, str | None]]:
    contents = [msgspec.json.decode(each) for each in said.contents]
    return [(each["body"], each.get("reply_to")) for each in contents]

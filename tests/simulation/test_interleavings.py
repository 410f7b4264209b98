"""Thousands of seeded worlds: whatever fails and whenever, no message is lost, doubled or out of order.

A failing seed is printed and repeats: `python -m tests.simulation SEED`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
import structlog

from tests.simulation.world import QUIET, Faults, World
from turnkeeper.model.ids import read_tracker
from turnkeeper.model.policy import RateLimit
from turnkeeper.rules.pacing import AHEAD, IDLE_GRACE
from turnkeeper.testing.virtual_time import run


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=QUIET)
    yield
    structlog.configure(**before)


def faults_of(seed: int) -> Faults:
    """Each seed has its own troubles; the place of the kill and of the pause walks through every await."""
    kind = seed % 8
    place = seed // 8
    match kind:
        case 0:
            return Faults(stop_at=1 + place % 100)
        case 1:
            return Faults(kill_at=1 + place % 100)
        case 2:
            return Faults(pause_at=1 + place % 100)
        case 3:
            return Faults(store_before=0.05, store_after=0.05, lost_wakes=0.3, stop_at=1 + place % 100)
        case 4:
            return Faults(not_connected=0.2, refused=0.2, kill_at=1 + place % 100)
        case 5:
            return Faults(taken_then_lost=0.2, lost_before_taken=0.1, kill_at=1 + place % 100)
        case 6:
            return Faults(raising_bot=0.3, lost_wakes=0.9, store_after=0.03, pause_at=1 + place % 100)
        case _:
            return Faults(takeover=True, kill_at=1 + place % 300, taken_then_lost=0.1)


def world_of(seed: int) -> World:
    return World(seed, faults_of(seed))


def judge(world: World) -> None:
    """The promise, checked on what the people really got."""
    ledger = world.ledger
    assert ledger.accepted >= len(world.accepted)
    assert sum(ledger.states.values()) + sum(ledger.dropped.values()) == ledger.accepted
    assert not ledger.states["waiting"]
    assert not ledger.states["running"]
    _judge_once(world)
    _judge_order(world)
    _judge_complete(world)
    _judge_pace(world)
    unsure = {text: choices for text, choices in world.chosen.items() if text != "timer" and len(choices) > 1}
    assert not unsure, f"read as something else by another attempt: {unsure}"


def _judge_once(world: World) -> None:
    """No row reaches anybody twice: a send of unknown fate is known by its echo."""
    times = Counter(told.tracker for told in world.told)
    twice = [tracker for tracker, count in times.items() if count > 1]
    assert not twice, twice


def _judge_order(world: World) -> None:
    """What a person got came in the order in which it was said."""
    rows = defaultdict(list)
    for told in world.told:
        key = read_tracker(told.tracker)
        assert key is not None
        rows[key.conversation_id].append(key.seq)
    for seqs in rows.values():
        assert seqs == sorted(seqs)


def _judge_pace(world: World) -> None:
    """No second holds more calls than the number may make, no time more than the pair may have: failures count too."""
    sends = world.channel.sends
    if sends.per_second is not None:
        times = [at for _, at in world.calls]
        most = 1.05 * sends.per_second + 1
        for at in times:
            assert sum(at <= other < at + 1.0 for other in times) <= most, (at, sends)
    if sends.pair is not None:
        for person in {person for person, _ in world.calls}:
            times = sorted(at for each, at in world.calls if each == person)
            _judge_pair(times, sends.pair)


def _judge_pair(times: list[float], limit: RateLimit) -> None:
    """From any call to any later one; a call may be that much later than it was counted."""
    later = AHEAD + 2 * IDLE_GRACE
    for first, since in enumerate(times):
        for count, at in enumerate(times[first:], 1):
            assert count <= limit.count + (at - since + later) * limit.count / limit.per, (since, at, limit)


def _judge_complete(world: World) -> None:
    """Each message was answered in exactly one turn, unless its turn failed or a person had it."""
    words = [word for told in world.told if told.text.startswith("answer 0") for word in told.text.split()[2:]]
    answered = Counter(word.removesuffix("e") for word in words)
    stale = [n for n, later in world.edits.items() if later < 0 and f"m{n}" in words]
    assert not stale, f"answered as they were before they were edited: {stale}"
    over = {word: count for word, count in answered.items() if word.startswith("m") and count > 1}
    assert not over, over
    missing = [text for text in world.accepted if not answered[text]]
    excused = ledger_excuses(world)
    assert len(missing) <= excused, (missing, world.ledger)


def ledger_excuses(world: World) -> int:
    return world.ledger.states["failed"] + world.ledger.states["person"] + world.ledger.states["no_reply"]


def try_seed(seed: int) -> None:
    world = world_of(seed)
    try:
        run(world.run(), seed)
        judge(world)
    except BaseException as error:
        story = "\n".join(world.story)
        raise AssertionError(f"seed {seed} ({world.faults}): {error!r}\n{story}") from error


@pytest.mark.parametrize("block", range(8))
def test_seeded_worlds_keep_the_promise(block: int) -> None:
    for seed in range(block * 100, (block + 1) * 100):
        try_seed(seed)


def test_a_seed_repeats_exactly() -> None:
    stories = []
    for _ in range(2):
        world = world_of(3)
        run(world.run(), 3)
        stories.append(world.story)
    assert stories[0] == stories[1]

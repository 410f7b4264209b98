"""What is seen of turns from outside: figures and spans, the same whoever takes a turn over, and no word of it."""

from collections import Counter
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tests.engine.bots import Scripted, said, step
from tests.engine.rig import Hold, Shop, now, shop
from turnkeeper.app.telemetry import provider_of
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.engine.tracing import Spans
from turnkeeper.engine.watching import Watch
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Arrival
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import ADA, text


class Seen:
    """Everything that a look from outside gets."""

    def __init__(self, *, texts: bool = False) -> None:
        self.exporter = InMemorySpanExporter()
        provider = provider_of(SimpleSpanProcessor(self.exporter), "test")
        self.spans = Spans(provider.get_tracer("test"), texts=texts)
        self.errors: list[tuple[str, str]] = []

    def raised(self, channel: Channel, error: BaseException) -> None:
        self.errors.append((channel.id, type(error).__name__))

    def watch(self, at: Shop) -> Watch:
        return Watch(at.clock, tracing=self.spans, alarm=self)

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def outcomes(self) -> list[tuple[str, Any]]:
        finished = sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
        return [(span.name, dict(span.attributes or {}).get("turnkeeper.outcome")) for span in finished]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return {key.removeprefix("turnkeeper."): value for key, value in (span.attributes or {}).items()}


def seconds(span: ReadableSpan) -> float:
    assert span.start_time is not None
    assert span.end_time is not None
    return round((span.end_time - span.start_time) / 1e9, 3)


async def look_up(work: Work) -> Answer:
    async def run(_: str) -> str:
        return "found"

    await step(work, "look_up", run)
    return Answer([f"about {said(work)}", "and more"])


@in_virtual_time
async def test_a_turn_is_one_trace_of_its_stages() -> None:
    seen = Seen()

    async with shop(Scripted(look_up), workers=0) as at:
        watch = seen.watch(at)
        await at.work(watch=watch)
        await at.hear("her words")
        await at.rests()
        figures = watch.figures
        assert figures.turns == {("shop", "committed"): 1}
        assert figures.sends == {("shop", "text", "accepted"): 2}
        assert {name: sum(each.counts) for name, each in figures.stages.items()} == {
            "wait": 1, "run": 1, "step": 1, "commit": 1, "send": 2,
        }  # fmt: skip
        assert set(figures.store) == {"claim", "commit", "record"}
    (turn,) = seen.named("turn")
    spans = seen.exporter.get_finished_spans()
    assert Counter(span.name for span in spans) == {
        "turn": 1, "wait": 1, "claim": 1, "run": 1, "step": 1, "commit": 1, "send": 2,
    }  # fmt: skip
    assert len({span.context.trace_id for span in spans if span.context}) == 1
    (run,) = seen.named("run")
    parents = {span.name: span.parent.span_id for span in spans if span.parent is not None}
    assert turn.context is not None
    assert run.context is not None
    assert parents.pop("step") == run.context.span_id
    assert set(parents.values()) == {turn.context.span_id}
    assert attributes(turn) == {
        "workspace": "default", "channel": "shop", "bot": "b", "turn": 1, "attempt": 1, "claim": 1, "events": 1,
        "conversation": attributes(turn)["conversation"], "outcome": "committed",
    }  # fmt: skip
    assert attributes(seen.named("step")[0]) == {"step": "look_up", "outcome": "ok"}
    assert [attributes(send)["part"] for send in seen.named("send")] == [0, 1]
    assert [seconds(span) for name in ("wait", "send") for span in seen.named(name)] == [4.0, 0.1, 0.1]
    told = " ".join(span.to_json() for span in spans)
    assert not [word for word in ("her words", "found", ADA, "about") if word in told]


@in_virtual_time
async def test_texts_are_told_where_that_is_wanted() -> None:
    seen = Seen(texts=True)
    async with shop(Scripted(look_up), workers=0) as at:
        await at.work(watch=seen.watch(at))
        await at.hear("her words")
        await at.rests()
    assert [attributes(each)["heard"] for each in seen.named("turn")] == ["her words"]
    assert [attributes(each)["said"] for each in seen.named("send")] == ["about her words", "and more"]


@in_virtual_time
async def test_whoever_takes_a_turn_over_goes_on_with_its_trace() -> None:
    seen = Seen()

    hold = Hold()

    async def body(work: Work) -> str:
        if not hold.go.is_set():
            await hold.here()
        return "done"

    async with shop(Scripted(body), workers=0) as at:
        await at.work("w1", watch=seen.watch(at))
        await at.hear("hello")
        await hold.reached.wait()
        at.kill("w1")
        hold.go.set()
        await at.work("w2", Scripted(body), seen.watch(at))
        await at.rests()
    first, second = seen.named("turn")
    assert first.context is not None
    assert second.context is not None
    assert first.context.trace_id == second.context.trace_id
    assert first.context.span_id != second.context.span_id
    assert [attributes(span)["outcome"] for span in (first, second)] == ["stopped", "committed"]
    assert [attributes(span)["claim"] for span in (first, second)] == [1, 2]
    assert len(seen.named("wait")) == 1


@in_virtual_time
async def test_a_turn_names_the_webhooks_of_its_messages() -> None:
    seen = Seen()

    async with shop(Scripted(look_up), workers=0) as at:
        await at.work(watch=seen.watch(at))
        for words in ("one", "two"):
            event = text(words, of=ADA, at=at.clock.now())
            seen.spans.accepted([Arrival(at.channel, event, now())], now(), now() + 0.1, all_new=True)
            await at.hear(event)
        await at.rests()
        event = text("once more", of=ADA, at=at.clock.now())
        seen.spans.accepted([Arrival(at.channel, event, now())], now(), now(), all_new=False)
    (turn,) = seen.named("turn")
    one, two, again = seen.named("accept")
    assert one.context is not None
    assert two.context is not None
    linked = [(link.context.trace_id, link.context.span_id) for link in turn.links]
    assert linked == [(each.context.trace_id, each.context.span_id) for each in (one, two)]
    assert (attributes(one)["outcome"], attributes(again)["outcome"]) == ("new", "some_were_here")
    assert seconds(one) == 0.1


@in_virtual_time
async def test_what_goes_wrong_is_counted_marked_and_told() -> None:
    seen = Seen()

    async def body(work: Work) -> str:
        if work.attempt == 1:
            raise KeyError("her words")
        return "fine now"

    async def refuse(_: HttpCall) -> HttpReply:
        return HttpReply(500, b'{"error":{"code":131000,"message":"her words"}}')

    async with shop(Scripted(body), workers=0) as at:
        watch = seen.watch(at)
        at.on_send.append(refuse)
        await at.work(watch=watch)
        await at.hear("hello")
        await at.rests()
        assert watch.figures.turns == {("shop", "retried"): 1, ("shop", "committed"): 1}
        assert watch.figures.sends == {("shop", "text", "not_sent"): 1, ("shop", "text", "accepted"): 1}
        assert watch.figures.resends == {"shop": 1}
    assert seen.errors == [("shop", "KeyError")]
    (failed, _) = seen.named("turn")
    assert (attributes(failed)["outcome"], failed.status.status_code) == ("retried", StatusCode.UNSET)
    assert [span.status.status_code for span in seen.named("run")] == [StatusCode.ERROR, StatusCode.UNSET]
    assert len({span.context.trace_id for span in seen.exporter.get_finished_spans() if span.context}) == 1
    assert not any(span.events for span in seen.exporter.get_finished_spans()), "an exception's words would be in it"


@pytest.mark.parametrize("again", [False, True])
def test_without_anybody_who_looks_nothing_of_opentelemetry_is_imported(again: bool) -> None:
    import subprocess
    import sys

    modules = "turnkeeper.app.worker_process, turnkeeper.app.web_process, turnkeeper.app.child"
    lines = f"import sys, {modules}\nfrom turnkeeper.app import telemetry\n"
    lines += "from turnkeeper.engine import tracing\n" if again else ""
    lines += "print(any(name.split('.')[0] in ('opentelemetry', 'sentry_sdk') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(again)

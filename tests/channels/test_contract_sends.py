"""What every channel adapter keeps to when it sends, and in its other ports, whoever the provider is."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.mutations import JSON, mutated
from tests.channels.scripts import reply
from tests.channels.table import Cases, Provider, always, answered, load
from tests.text.test_fitting_properties import contents_of
from turnkeeper.channels import registry
from turnkeeper.channels.base import (
    Finding,
    HttpReply,
    Located,
    Polled,
    Uploaded,
)
from turnkeeper.model.contents import (
    Audio,
    Buttons,
    Contacts,
    Content,
    Document,
    File,
    Image,
    List,
    Location,
    LocationRequest,
    Reaction,
    Refused,
    Sayable,
    Section,
    Sticker,
    Template,
    Text,
    UrlButton,
    Video,
    VoiceNote,
)
from turnkeeper.model.events import Choice, ContactCard, Phone, Received, SessionStatus
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId, tracker_for
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown
from turnkeeper.text.fitting import fit

each = pytest.mark.parametrize("kind", registry.kinds())
KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
ADDRESS = "https://bot.example.com/webhooks/shop"
OUTCOMES = get_args(Outcome)
YES, NO = Choice("yes", "Yes"), Choice("no", "No")
CONTENTS: list[Sayable] = [
    Text("Salam"),
    Image(File(link="https://files.test/a.png", mime="image/png"), "A cat"),
    Video(File(link="https://files.test/a.mp4", mime="video/mp4")),
    Audio(File(link="https://files.test/a.mp3", mime="audio/mpeg")),
    VoiceNote(File(link="https://files.test/a.ogg", mime="audio/ogg")),
    Document(File(link="https://files.test/a.pdf", mime="application/pdf", filename="a.pdf"), "The bill"),
    Sticker(File(link="https://files.test/a.webp", mime="image/webp")),
    Location(59.33, 18.07, "Palace", "Slottsbacken 1"),
    Contacts((ContactCard("Ada L", (Phone("+44 20 7946 0000"),), ("a@b.test",)),)),
    Buttons("Well?", (YES, NO), footer="F"),
    Buttons("Which?", tuple(Choice(f"c{n}", f"Choice {n}") for n in range(12))),
    List("Which?", "Show", (Section((YES, NO), "One"), Section((Choice("a", "A", "the first"),), "Two"))),
    UrlButton("Look", "Open", "https://a.test/x"),
    LocationRequest("Where?"),
    Reaction("1", "👍"),
    Template("hello", "en_US"),
]


def outbound(cases: Cases, content: Sayable = CONTENTS[0], **changes: Any) -> Outbound:
    found = Outbound(KEY, ChannelId("shop"), (cases.address,), content, tracker_for(KEY), **known_files(cases))
    return dataclasses.replace(found, **changes)


def known_files(cases: Cases) -> dict[str, Any]:
    """The file `k` as the engine makes it known to a provider: uploaded, or by a link."""
    can = cases.adapter.capabilities
    if can.sends_files:
        return {"files": {"k": KeptFile("k", "image/png", 9, "cat.png")}}
    by_link = can.fetches_links
    return {"links": {"k": "https://bot.example.com/media/k.png"}} if by_link else {"uploads": {"k": "9001"}}


def sent(cases: Cases, provider: Provider, content: Sayable = CONTENTS[0], **changes: Any) -> Outcome:
    sending = cases.adapter.send(outbound(cases, content, **changes), cases.config)
    found: Outcome = answered(sending, provider)[1]
    return found


def test_there_is_a_content_of_every_kind() -> None:
    assert {type(content) for content in CONTENTS} >= set(get_args(Sayable))


@each
def test_an_accepted_send_names_the_providers_id(kind: str) -> None:
    cases = load(kind)
    calls, result = answered(cases.adapter.send(outbound(cases), cases.config), cases.good)
    assert result == Accepted(cases.accepted_id)
    assert len([call for call in calls if cases.delivers(call)]) == 1
    assert "Salam" in json.dumps([call.json for call in calls])
    assert not told(cases.secrets, calls)


@each
@pytest.mark.parametrize("content", CONTENTS, ids=[type(content).__name__ for content in CONTENTS])
def test_every_kind_of_content_is_sent_or_said_in_another_way(kind: str, content: Sayable) -> None:
    cases = load(kind)
    can = cases.adapter.capabilities
    fitted = fit(content, can.limits, can.markup)
    assert fitted.contents or fitted.notes
    if fitted.contents != (content,):
        assert fitted.notes or any(isinstance(one, Refused) for one in fitted.contents)
    for one in fitted.contents:
        if not isinstance(one, Refused):
            assert isinstance(sent(cases, cases.good, one), Accepted), one


@each
@settings(max_examples=30, deadline=None)
@given(content=contents_of(st.text("ab *\n<&😀é\u0301", max_size=40)))
def test_whatever_fits_becomes_a_call_or_is_refused(kind: str, content: Content) -> None:
    cases = load(kind)
    can = cases.adapter.capabilities
    for one in fit(content, can.limits, can.markup).contents:
        if isinstance(one, Refused):
            continue
        calls, result = answered(cases.adapter.send(outbound(cases, one), cases.config), cases.good)
        assert isinstance(result, (Accepted, Rejected)), result
        json.dumps([call.json for call in calls], allow_nan=False)
        assert isinstance(result, Accepted) or not [call for call in calls if cases.delivers(call)]


KEPT = File(key="k", mime="image/png", filename="cat.png", size=9)


@each
def test_a_kept_file_is_sent_once_the_provider_can_have_it(kind: str) -> None:
    cases = load(kind)
    can = cases.adapter.capabilities
    (picture,) = fit(Image(KEPT, "A cat"), can.limits, can.markup).contents or (None,)
    if not isinstance(picture, Image):
        return
    assert isinstance(sent(cases, cases.good, picture), Accepted)
    calls, result = answered(
        cases.adapter.send(outbound(cases, picture, uploads={}, links={}, files={}), cases.config), cases.good
    )
    assert isinstance(result, Rejected)
    assert not [call for call in calls if cases.delivers(call)]


@each
def test_a_tracked_send_carries_its_tracker(kind: str) -> None:
    cases = load(kind)
    if not cases.adapter.capabilities.tracks_sends:
        return
    calls, _ = answered(cases.adapter.send(outbound(cases), cases.config), cases.good)
    assert any(tracker_for(KEY) in json.dumps(call.json) for call in calls)


@each
def test_a_contact_without_an_address_of_ours_costs_no_call(kind: str) -> None:
    cases = load(kind)
    calls, result = answered(cases.adapter.send(outbound(cases, addresses=("pigeon:ada",)), cases.config), cases.good)
    assert (calls, type(result)) == ([], Rejected)


@each
@pytest.mark.parametrize(
    "label, answer, outcomes",
    [
        ("never left", HttpReply(failure="not_connected"), (NotSent,)),
        ("no answer", HttpReply(failure="no_answer"), (Unknown,)),
        ("accepted in words", reply(200, b"OK"), (Unknown,)),
        ("accepted, empty", reply(200, b""), (Unknown,)),
        ("accepted, nested without end", reply(200, b"[" * 100_000), (Unknown,)),
        ("accepted, not UTF-8", reply(200, b"\xff"), (Unknown,)),
        ("a proxy's page", reply(502, b"<html>"), (Unknown, NotSent, Rejected)),
        ("not found", reply(404, b""), (Rejected, NotSent, Unknown)),
        ("moved", reply(301, b""), (Rejected, NotSent, Unknown)),
    ],
)
def test_an_answer_is_never_guessed(kind: str, label: str, answer: HttpReply, outcomes: tuple[type, ...]) -> None:
    cases = load(kind)
    assert isinstance(sent(cases, cases.delivering(answer)), outcomes)


@each
def test_each_answer_is_the_outcome_that_its_row_says(kind: str) -> None:
    cases = load(kind)
    for label, answer, outcome, has in cases.answers:
        found = sent(cases, cases.delivering(answer))
        assert type(found) is outcome, f"{label}: {found}"
        assert {name: getattr(found, name) for name in has} == has, label


@each
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_the_answer_it_is_an_outcome(kind: str, data: st.DataObject) -> None:
    cases = load(kind)
    answer = data.draw(strange_answers(cases))
    found = sent(cases, cases.delivering(answer), tries=data.draw(st.integers(1, 50)))
    assert isinstance(found, OUTCOMES)
    if isinstance(found, NotSent) and found.retry_after is not None:
        assert math.isfinite(found.retry_after)
        assert found.retry_after >= 0
    if not isinstance(found, Accepted):
        assert found.reason
        assert len(found.reason) < 1000
        found.reason.encode()
    elif found.external_id is not None:
        assert 0 < len(found.external_id.encode()) < 600


@each
def test_outside_the_window_nothing_is_called(kind: str) -> None:
    cases = load(kind)
    if cases.adapter.capabilities.free_form_window is None:
        return
    calls, result = answered(cases.adapter.send(outbound(cases, window_open=False), cases.config), cases.good)
    assert calls == []
    assert isinstance(result, Rejected)
    assert result.remedy == "use_template"


# What it must not tell.


def told(secrets: Sequence[str], *things: object) -> list[str]:
    """The secrets that a repr or a text of these would show."""
    shown = "".join(f"{thing!r}{thing}" for thing in things)
    return [secret for secret in secrets if secret in shown]


def parroted(value: Any, secret: str) -> Any:
    """An answer that repeats a secret in all of its words."""
    if isinstance(value, dict):
        return {key: parroted(inner, secret) for key, inner in value.items()}
    if isinstance(value, list):
        return [parroted(inner, secret) for inner in value]
    return f"{value}: you said {secret}" if isinstance(value, str) else value


@each
def test_a_provider_that_repeats_secrets_is_not_repeated(kind: str) -> None:
    cases = load(kind)
    answers = [answer for _, answer, _, _ in cases.answers]
    answers += [reply(status, {"error": "no", "message": "no", "description": "no"}) for status in (400, 401, 500)]
    for name in ("send", *optional_ports(cases)):
        for secret in known_to_the_provider(cases, name):
            for answer in answers:
                words_of_theirs = parroted(decoded(answer), secret)
                said = reply(answer.status, words_of_theirs)
                provider = cases.delivering(said) if name == "send" else always(said)
                found = answered(protocol(cases, name), provider)[1]
                assert isinstance(found, Accepted) or not told(cases.secrets, found), f"{name}: {found}"


def known_to_the_provider(cases: Cases, name: str) -> list[str]:
    """The secrets that a piece of protocol tells it."""
    calls = answered(protocol(cases, name), cases.good)[0]
    shown = "".join(f"{call.url}{call.headers}{call.json}{call.multipart}" for call in calls)
    return [secret for secret in cases.secrets if secret in shown]


def protocol(cases: Cases, name: str) -> Any:
    """A piece of protocol, begun."""
    if name == "send":
        return cases.adapter.send(outbound(cases), cases.config)
    return optional_ports(cases)[name]


def decoded(answer: HttpReply) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode("utf-8", "replace")


# What it may do besides.


def optional_ports(cases: Cases) -> dict[str, Any]:
    """The protocol of each port that the adapter has, begun."""
    file = KeptFile("k", "image/png", 9, "a.png")
    arguments: Mapping[str, tuple[object, ...]] = {
        "fetch_media": (cases.file,),
        "upload": (file,),
        "resolve": (outbound(cases),),
        "connect": (ADDRESS,),
        "missed": (1_790_000_000.0,),
        "session": (),
        "poll": (None,),
        "health": (),
    }
    has = {name: getattr(cases.adapter, name, None) for name in arguments}
    return {name: port(*arguments[name], cases.config) for name, port in has.items() if port is not None}


def is_right(name: str, found: object) -> bool:
    """Whether a port's result is of its kind."""
    match name:
        case "fetch_media":
            return isinstance(found, (Located, NotSent, Rejected))
        case "upload":
            return isinstance(found, (Uploaded, NotSent, Rejected))
        case "resolve":
            return found is None or isinstance(found, OUTCOMES)
        case "poll":
            return isinstance(found, (Polled, NotSent, Rejected))
        case "missed":
            items = found if isinstance(found, list) else []
            return isinstance(found, (list, NotSent)) and all(isinstance(item, get_args(Received)) for item in items)
        case "session":
            return isinstance(found, (SessionStatus, NotSent))
    return isinstance(found, list) and bool(found) and all(isinstance(item, Finding) for item in found)


@each
def test_the_other_ports_do_their_work(kind: str) -> None:
    cases = load(kind)
    for name, calls in optional_ports(cases).items():
        made, found = answered(calls, cases.good)
        assert is_right(name, found), f"{name}: {found}"
        assert not told(cases.secrets, found, made), f"{name}: {found}"
        if name in ("health", "connect"):
            assert isinstance(found, list)
            assert all(link.ok and link.detail for link in found), f"{name}: {found}"
        if name in ("fetch_media", "upload", "poll"):
            assert isinstance(found, (Located, Uploaded, Polled)), f"{name}: {found}"


def strange_answers(cases: Cases) -> st.SearchStrategy[HttpReply]:
    """What a provider, or something on the way to it, might say."""
    known = [decoded(answer) for _, answer, _, _ in cases.answers]

    @st.composite
    def strange(draw: st.DrawFn) -> HttpReply:
        failure = draw(st.sampled_from([None, None, None, "no_answer", "not_connected"]))
        if failure is not None:
            return HttpReply(failure=failure)  # type: ignore[arg-type]
        status = draw(st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503]))
        body = mutated(draw, draw(st.sampled_from(known))) if draw(st.booleans()) else draw(JSON)
        return reply(status, json.dumps(body).encode() if draw(st.integers(0, 9)) else draw(st.binary(max_size=20)))

    return strange()


@each
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_other_ports_take_any_answer(kind: str, data: st.DataObject) -> None:
    cases = load(kind)
    for name, calls in optional_ports(cases).items():
        found = answered(calls, lambda _: data.draw(strange_answers(cases)))[1]
        assert is_right(name, found), f"{name}: {found}"
        if name in ("health", "connect"):
            assert all(link.ok or link.mend for link in found), f"{name}: {found}"


@each
def test_the_doctor_names_the_broken_link(kind: str) -> None:
    cases = load(kind)
    for label, provider, link in cases.unhealthy:
        found = answered(cases.adapter.health(cases.config), provider)[1]
        broken = [finding for finding in found if not finding.ok]
        assert [finding.link for finding in broken][:1] == [link], f"{label}: {found}"
        assert all(finding.detail and finding.mend for finding in broken), label
        assert not told(cases.secrets, found), label


@each
def test_typing_fails_silently(kind: str) -> None:
    cases = load(kind)
    for answer in (reply(200, {}), reply(500, b""), reply(200, b"[" * 100_000), HttpReply(failure="no_answer")):
        typing = cases.adapter.typing((cases.address,), "1", cases.config)
        assert answered(typing, always(answer))[1] is None

"""Every kind of provider: what is asked, what comes back, what goes wrong, in one table over all of them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.llm.providers_rig import (
    CHAT,
    KINDS,
    MODELS,
    QUESTION,
    SEARCH,
    Rig,
    instructions,
    parts,
    question,
    read,
    words,
)
from turnkeeper.config.providers import CompatibleKeys
from turnkeeper.llm import base, replies
from turnkeeper.llm.providers import account
from turnkeeper.llm.providers.messages import spoken
from turnkeeper.llm.providers.registry import open_provider
from turnkeeper.model.llm import Calling, ModelSettings, Said, ToolCall, ToolResult
from turnkeeper.testing.fake_models import (
    Call,
    FakeModels,
    blocked,
    busy,
    calls,
    cut,
    ends,
    error,
    garbage,
    html,
    in_200,
    out_of_credit,
    overloaded,
    refused,
    reset,
    says,
    silence,
    too_long,
)
from turnkeeper.testing.loopback import serve_in_thread

LISTED = {"openrouter", "openai", "azure", "anthropic", "google"}
SETTINGS = ModelSettings(
    temperature=0.7, max_tokens=500, top_p=1.0, frequency_penalty=0.0, presence_penalty=0.0, timeout=10.0
)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with serve_in_thread(FakeModels()) as here:
        yield Rig(here)


@pytest.fixture(autouse=True)
def _nothing_left(rig: Rig) -> None:
    rig.fake.asked.clear()
    rig.fake._scripts.clear()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer(rig: Rig, kind: str, streamed: bool) -> None:
    rig.fake.will(says("There is soup.", input_tokens=1_000, cached_tokens=400, output_tokens=100))
    async with rig.model(kind, stream=streamed, headers={"X-Title": "Our shop"}) as model:
        answer = await model.ask(question(Said("user", "Hello"), Said("assistant", "Hi"), QUESTION), read)
    assert (answer.text, answer.finish, answer.calls, answer.opaque) == ("There is soup.", "stop", (), "")
    usage = answer.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (1_000, 400, 100)
    assert (usage.cost is not None) == (kind in LISTED)
    assert usage.cost is None or 0.0001 < usage.cost < 0.01
    asked = rig.fake.last
    assert (asked.streamed, asked.model) == (streamed, MODELS[kind])
    assert asked.headers["x-title"] == "Our shop"
    assert (instructions(asked), QUESTION in words(asked)) == ("Be kind.", True)


@pytest.mark.parametrize("kind", KINDS)
async def test_settings_are_told_as_the_family_has_them(rig: Rig, kind: str) -> None:
    async with rig.model(kind) as model:
        await model.ask(question(settings=SETTINGS), read)
        body = rig.body.get("generationConfig", rig.body)
        most = {"google": "maxOutputTokens", "openai": "max_completion_tokens", "azure": "max_completion_tokens"}
        assert body[most.get(kind, "max_tokens")] == (4_500 if kind == "google" else 500)
        assert body["temperature"] == 0.7
        no_change = {"top_p", "topP", "frequency_penalty", "frequencyPenalty", "presence_penalty", "presencePenalty"}
        assert not no_change & set(body)
        await model.ask(question(settings=ModelSettings(temperature=1.5, top_p=0.5)), read)
    body = rig.body.get("generationConfig", rig.body)
    assert body["temperature"] == (1.0 if kind == "anthropic" else 1.5)
    assert ("top_p" in body or "topP" in body) == (kind != "anthropic")


THINKING = [
    ("openai", "gpt-5-mini"),
    ("azure", "gpt-5-mini"),
    ("openrouter", "openai/gpt-5-mini"),
    ("anthropic", "claude-opus-5"),
]


@pytest.mark.parametrize("kind, name", THINKING, ids=[row[0] for row in THINKING])
async def test_models_that_refuse_temperature_are_asked_without(rig: Rig, kind: str, name: str) -> None:
    async with rig.model(kind, name) as model:
        answer = await model.ask(question(settings=SETTINGS), read)
    assert answer.text == "Hello!"
    assert "temperature" not in rig.body


@pytest.mark.parametrize("kind, name", [*THINKING, ("google", "gemini-2.5-flash")])
async def test_thoughts_leave_room_for_the_answer(rig: Rig, kind: str, name: str) -> None:
    async with rig.model(kind, name) as model:
        await model.ask(question(settings=SETTINGS), read)
        told = rig.body.get("generationConfig", rig.body)
        assert [told[key] for key in _MOST if key in told] == [4_500]
        await model.ask(question(), read)  # no limit stays none, or the provider's own
        told = rig.body.get("generationConfig", rig.body)
        assert [told[key] for key in _MOST if key in told] == ([4_096] if kind == "anthropic" else [])


_MOST = ("max_tokens", "max_completion_tokens", "maxOutputTokens")


async def test_anthropic_always_gets_max_tokens(rig: Rig) -> None:
    async with rig.model("anthropic") as model:
        await model.ask(question(), read)
    assert (rig.body["max_tokens"], rig.fake.last.streamed) == (4096, False)


async def test_openrouter_tells_what_it_cost(rig: Rig) -> None:
    for streamed in (False, True):
        rig.fake.will(says("Soup.", cost=0.0123))
        async with rig.model("openrouter", "deepseek/deepseek-chat", stream=streamed) as model:
            assert (await model.ask(question(), read)).usage.cost == 0.0123


async def test_a_gateway_that_leaves_out_who_answered(rig: Rig) -> None:
    told = {"id": "x", "object": "chat.completion", "created": 1, "model": "m/m"}
    message = {"role": "assistant", "content": "Soup."}
    told["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]  # type: ignore[assignment]
    rig.fake.will(garbage(json.dumps(told)))
    async with rig.model("openrouter") as model:
        assert (await model.ask(question(), read)).text == "Soup."


# What goes wrong, and the error that the chain gets for it.
FAULTS: list[tuple[str, Any, type[base.ModelError]]] = [
    ("500", error(500, "boom"), base.ModelAway),
    ("503", error(503, "down for maintenance"), base.ModelAway),
    ("504", error(504, "upstream"), base.ModelSlow),
    ("429", busy("7"), base.ModelBusy),
    ("overloaded", overloaded(), base.ModelBusy),
    ("a page", html(502), base.ModelAway),
    ("a page under 200", html(200), base.ModelAway),
    ("half of some JSON", garbage(), base.ModelAway),
    ("other JSON", garbage('{"foo": [1]}'), base.ModelAway),
    ("a list", garbage("[]"), base.ModelAway),
    ("connection reset", reset(), base.ModelAway),
    ("cut", cut(), base.ModelAway),
    ("ends early", ends(), base.ModelAway),
    ("an error under 200", in_200(), base.ModelAway),  # Anthropic's streams say "overloaded"
    ("nothing said", says(""), base.ModelEmpty),
    ("only spaces said", says(" \n"), base.ModelEmpty),
    ("only thought", says("", thinking="Hm.", finish="length"), base.ModelEmpty),
    ("declined", refused(), base.ModelRefused),
    ("filtered", blocked(), base.ModelRefused),
    ("cut by a filter", says("Half an ans", finish="filtered"), base.ModelRefused),
    ("too long", too_long(), base.TooMuchSaid),
    ("413", error(413, "Request too large"), base.TooMuchSaid),
    ("out of credit", out_of_credit(), base.ModelMisconfigured),
    ("400", error(400, "Unknown parameter: 'heat'.", "bad"), base.ModelMisconfigured),
    ("401", error(401, "Bad key", "key"), base.ModelMisconfigured),
    ("403", error(403, "Not allowed"), base.ModelMisconfigured),
    ("404", error(404, "No such model", "model"), base.ModelMisconfigured),
    ("silence", silence(), base.ModelSlow),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_failure_is_one_of_the_ports_errors(rig: Rig, kind: str, streamed: bool) -> None:
    wrong = []
    async with rig.model(kind, stream=streamed) as model:
        for label, fault, expected in FAULTS:
            rig.fake.will(fault)
            limit = 0.1 if label == "silence" else 10.0
            with pytest.raises(base.ModelError) as raised:
                await model.ask(question(settings=ModelSettings(timeout=limit)), read)
            failure = raised.value
            right = isinstance(failure, expected) if label == "an error under 200" else type(failure) is expected
            if not right or len(failure.shown) > 300 or "<" in failure.shown:
                wrong.append((label, failure))
            if isinstance(failure, base.ModelBusy) and label == "429":
                assert (failure.retry_after, failure.status) == (7.0, 429)
        assert not wrong
        assert (await model.ask(question(), read)).text == "Hello!"
    assert len(rig.fake.asked) == len(FAULTS) + 1, "each was asked once: retries are the chain's"


async def test_when_busy_ends_may_be_a_date(rig: Rig) -> None:
    async with rig.model("openai") as model:
        rig.fake.will(busy("Fri, 20 Nov 2099 11:00:00 GMT"))
        with pytest.raises(base.ModelBusy) as raised:
            await model.ask(question(), read)
    assert raised.value.retry_after == 86_400.0


async def test_nobody_is_there() -> None:
    keys = CompatibleKeys.model_validate({"kind": "openai_compatible", "base_url": "http://127.0.0.1:9/v1"})
    provider = open_provider(keys.config("local"))
    try:
        with pytest.raises(base.ModelAway, match="no connection"):
            await provider.model("m").ask(question(), read)
        with pytest.raises(base.ModelAway, match="no connection"):
            await provider.models()
    finally:
        await provider.close()


async def test_a_reply_without_end_is_not_taken(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "LARGEST", 10_000)
    rig.fake.will(says("A" * 20_000))
    async with rig.model("openai") as model:
        with pytest.raises(base.ModelAway):
            await model.ask(question(), read)


async def test_what_is_more_than_the_connections_waits(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "MOST_CONNECTIONS", 1)
    async with rig.model("openai") as model:
        answers = await asyncio.gather(*(model.ask(question(), read) for _ in range(5)))
        assert [each.text for each in answers] == ["Hello!"] * 5
        rig.fake.will(says("Late.", after=0.3))
        late = asyncio.create_task(model.ask(question(), read))
        await asyncio.sleep(0.05)
        with pytest.raises(base.ModelSlow):
            await model.ask(question(settings=ModelSettings(timeout=0.1)), read)
        assert (await late).text == "Late."


async def test_whoever_asks_may_leave(rig: Rig) -> None:
    rig.fake.will(silence())
    async with rig.model("anthropic") as model:
        asking = asyncio.create_task(model.ask(question(), read))
        while not rig.fake.asked:
            await asyncio.sleep(0.005)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_shown_holds_a_key_or_what_was_asked(rig: Rig, kind: str) -> None:
    secret = "My account number is 1234 5678"
    echo = f"Invalid request: key {rig.fake.key} sent messages=[{{'content': '{secret}'}}]"
    async with rig.model(kind, headers={"X-Gateway": "open sesame"}) as model:
        for status in (400, 500):
            rig.fake.will(error(status, echo))
            with pytest.raises(base.ModelError) as raised:
                await model.ask(question(secret), read)
            assert (rig.fake.key in str(raised.value), "1234 5678" in str(raised.value)) == (False, False)
            assert raised.value.__cause__ is None
        rig.fake.will(error(400, f"bad header for {rig.fake.key}, said open sesame"))
        with pytest.raises(base.ModelError, match="bad header for …, said …"):
            await model.ask(question(secret), read)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", KINDS)
async def test_tools(rig: Rig, kind: str, streamed: bool) -> None:
    wanted = [Call("search_events", {"day": "Friday"}, "a1"), Call("search_events", {"day": "Saturday"}, "a2")]
    rig.fake.will(calls(*wanted, text="Let me look."), "A concert.")
    async with rig.model(kind, stream=streamed) as model:
        first = await model.ask(question(tools=(SEARCH,)), read)
        assert [(each.name, json.loads(each.arguments)) for each in first.calls] == [
            ("search_events", {"day": "Friday"}),
            ("search_events", {"day": "Saturday"}),
        ]
        assert (first.text, first.finish) == ("Let me look.", "tools")
        assert "Find events on a day." in json.dumps(rig.body["tools"])
        results = [ToolResult(each.id, each.name, f"Result {n}") for n, each in enumerate(first.calls)]
        calling = Calling(first.calls, first.text, first.opaque, "mine/model")
        second = await model.ask(question(QUESTION, calling, *results, tools=(SEARCH,)), read)
    assert second.text == "A concert."
    told = json.dumps(rig.body)
    assert "Result 0" in told
    assert "Result 1" in told
    assert "Let me look." in told


@pytest.mark.parametrize("kind", KINDS)
async def test_calls_of_another_model_are_told_plainly(rig: Rig, kind: str) -> None:
    """Another's ids, broken arguments, a result that failed: no family refuses them, and no opaque form is used."""
    other = "google" if kind != "google" else "anthropic"
    rig.fake.will(calls(Call("search_events", {"day": "Friday"}, "strange:id/1"), thinking="Secret thought."))
    async with rig.model(other) as model:
        first = await model.ask(question(tools=(SEARCH,)), read)
    broken = ToolCall("x" * 60, "search_events", '{"day": "Fri')
    calling = Calling((*first.calls, broken), "", first.opaque, "other/model")
    results = [ToolResult(each.id, each.name, "Nothing.", failed=True) for each in calling.calls]
    async with rig.model(kind) as model:
        answer = await model.ask(question(QUESTION, calling, *results, tools=(SEARCH,)), read)
    assert answer.text == "Hello!"
    told = json.dumps(rig.body)
    assert "Secret thought." not in told
    if kind == "anthropic":
        assert [each["is_error"] for each in parts(rig.fake.last) if each["type"] == "tool_result"] == [True, True]


@pytest.mark.parametrize("kind", KINDS)
async def test_once_more_without_tools_after_they_were_used(rig: Rig, kind: str) -> None:
    calling = Calling((ToolCall("a1", "search_events", "{}"),))
    async with rig.model(kind) as model:
        answer = await model.ask(question(QUESTION, calling, ToolResult("a1", "search_events", "Nothing.")), read)
    assert answer.text == "Hello!"
    if kind == "anthropic":
        assert rig.body["tool_choice"] == {"type": "none"}
    else:
        assert "tools" not in rig.body


ALOUD = [
    ("between tags", "<think>Hm, soup.</think>\n\nSoup.", "Soup."),
    ("before a closing tag", "Hm, soup.\n</think>\n\nSoup.", "Soup."),
    ("nothing but thoughts", "<think>Hm, sou", ""),
    ("none", "Soup.", "Soup."),
    ("no thoughts", "<think>\n\n</think>\n\nSoup.", "Soup."),
    ("of the tag itself", "Write `</think>` at the end.", "Write `</think>` at the end."),
    ("of both tags", "Between `<think>` and `</think>`.", "Between `<think>` and `</think>`."),
]


@pytest.mark.parametrize("label, text, expected", ALOUD, ids=[row[0] for row in ALOUD])
def test_thoughts_that_stand_in_the_words_are_not_said(label: str, text: str, expected: str) -> None:
    assert spoken(text) == expected


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", CHAT)
async def test_nobody_reads_a_models_thoughts(rig: Rig, kind: str, streamed: bool) -> None:
    rig.fake.will("<think>Hm, soup.</think>\n\nSoup.", "<think>Hm, sou")
    async with rig.model(kind, stream=streamed) as model:
        assert (await model.ask(question(), read)).text == "Soup."
        with pytest.raises(base.ModelEmpty):
            await model.ask(question(), read)


async def test_a_server_that_counts_no_tokens(rig: Rig) -> None:
    message = {"role": "assistant", "content": "There is soup."}
    told = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": None}
    rig.fake.will(garbage(json.dumps(told | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})))
    async with rig.model("openai_compatible") as model:
        usage = (await model.ask(question("A question of some length, to be counted."), read)).usage
    assert usage.cost is None
    assert 8 < usage.input_tokens < 25
    assert 2 < usage.output_tokens < 8


async def test_a_plain_servers_tools_are_plain(rig: Rig) -> None:
    async with rig.model("openai_compatible") as model:
        await model.ask(question(tools=(SEARCH,)), read)
    (told,) = rig.body["tools"]
    assert set(told["function"]) == {"name", "description", "parameters"}


async def test_geminis_signature_goes_back_to_the_model_that_signed(rig: Rig) -> None:
    rig.fake.will(calls(Call("search_events", {"day": "Friday"})))
    async with rig.model("google") as model:
        first = await model.ask(question(tools=(SEARCH,)), read)
        calling = Calling(first.calls, "", first.opaque)
        result = ToolResult(first.calls[0].id, "search_events", "Nothing.")
        await model.ask(question(QUESTION, calling, result, tools=(SEARCH,)), read)
    signed = [each.get("thoughtSignature") for each in parts(rig.fake.last) if "functionCall" in each]
    assert signed == ["dGhvdWdodC1zaWduYXR1cmU="]


async def test_claudes_thoughts_go_back_to_the_model_that_thought(rig: Rig) -> None:
    rig.fake.will(calls(Call("search_events", {"day": "Friday"}, "a1"), thinking="On Friday, then."))
    async with rig.model("anthropic") as model:
        first = await model.ask(question(tools=(SEARCH,)), read)
        assert "On Friday" not in first.text
        calling = Calling(first.calls, "", first.opaque)
        result = ToolResult("a1", "search_events", "Nothing.")
        await model.ask(question(QUESTION, calling, result, tools=(SEARCH,)), read)
    (thought,) = [each for each in parts(rig.fake.last) if each["type"] == "thinking"]
    assert (thought["thinking"], thought["signature"]) == ("On Friday, then.", "c2lnbmVk")


@pytest.mark.parametrize("kind", KINDS)
async def test_odd_conversations_are_mended(rig: Rig, kind: str) -> None:
    empty = (Said("user", " "), Said("assistant", ""))
    async with rig.model(kind) as model:
        said = (Said("assistant", "Good morning!"), *empty, Said("user", "Hi"), *empty, Said("user", "?"))
        assert (await model.ask(question(*said), read)).text == "Hello!"
    above = ["Be", "kind."] if kind in CHAT else []
    assert words(rig.fake.last).split() == [*above, "…", "Good", "morning!", "Hi", "?"]

"""The fake of providers of models refuses what the real ones refuse, in their own shapes."""

import json
from typing import Any

import httpx2
import pytest

from turnkeeper.testing.fake_models import Asked, FakeModels, Says, busy, overloaded, says
from turnkeeper.testing.loopback import InProcess

USER = {"role": "user", "content": "Hi"}
CALLING = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "1"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
USING = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
GIVEN = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}
PAPER = {"type": "document", "source": {"type": "base64", "data": "", "media_type": "application/pdf"}}
SAID = {"role": "user", "parts": [{"text": "Hi"}]}
CALL = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
BACK = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4.1", "messages": list(messages or (USER,))} | more


def claude(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "claude", "max_tokens": 10, "messages": list(messages or (USER,))} | more


def gemini(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"contents": list(contents or (SAID,))} | more


OPENAI, AZURE, CLAUDE = "/v1/chat/completions", "/openai/v1/chat/completions", "/v1/messages"
GEMINI, GEMINI_3 = "/v1beta/models/gemini-2.5-flash:generateContent", "/v1beta/models/gemini-3-pro:generateContent"
# label, path, body, a word of the refusal ("" for an answer)
CASES = [
    ("a question", OPENAI, chat(), ""),
    ("a call and its result", OPENAI, chat(USER, CALLING, RESULT, tools=[TOOL]), ""),
    ("an unknown parameter", OPENAI, chat(heat=1), "Unrecognized request argument"),
    ("no messages", OPENAI, {"model": "gpt-4.1", "messages": []}, "empty array"),
    ("a result without a call", OPENAI, chat(USER, RESULT), "preceeding message"),
    ("a call without its result", OPENAI, chat(USER, CALLING, USER), "must be followed by tool messages"),
    ("a call at the end", OPENAI, chat(USER, CALLING), "must be followed by tool messages"),
    ("a long id", OPENAI, chat(USER, {"role": "assistant", "tool_calls": [{"id": "a" * 41}]}), "maximum length of 40"),
    ("no content", OPENAI, chat({"role": "assistant", "content": None}), "got null"),
    ("empty content", OPENAI, chat({"role": "user", "content": []}), "empty array"),
    ("a choice of no tools", OPENAI, chat(tool_choice="auto"), "tool_choice"),
    ("a tool's name", OPENAI, chat(tools=[{"function": {"name": "a b"}}]), "does not match pattern"),
    ("stream options alone", OPENAI, chat(stream_options={}), "stream_options"),
    ("heat for thinkers", OPENAI, chat(temperature=0.5) | {"model": "gpt-5-mini"}, "Unsupported parameter"),
    ("no paper at Azure", AZURE, chat({"role": "user", "content": [{"type": "file"}]}), "content type"),
    ("a question", CLAUDE, claude(), ""),
    ("a call and its result", CLAUDE, claude(USER, USING, GIVEN, tools=[{}]), ""),
    ("no max_tokens", CLAUDE, {"model": "claude", "messages": [USER]}, "max_tokens: Field required"),
    ("an unknown parameter", CLAUDE, claude(heat=1), "heat: Extra inputs"),
    ("the assistant first", CLAUDE, claude({"role": "assistant", "content": "Hi"}, USER), "first message"),
    ("empty content", CLAUDE, claude({"role": "user", "content": []}), "non-empty content"),
    ("only spaces", CLAUDE, claude({"role": "user", "content": " "}), "non-whitespace"),
    ("too hot", CLAUDE, claude(temperature=1.2), "temperature"),
    ("both ways", CLAUDE, claude(temperature=0.5, top_p=0.5), "cannot both be specified"),
    ("a result without a call", CLAUDE, claude(USER, GIVEN), "unexpected `tool_use_id`"),
    ("a call without its result", CLAUDE, claude(USER, USING, USER, tools=[{}]), "without `tool_result`"),
    ("an odd id", CLAUDE, claude(USER, USING | {"content": [{"type": "tool_use", "id": "a:1"}]}), "match pattern"),
    ("tools that are not told", CLAUDE, claude(USER, USING, GIVEN), "must define tools"),
    ("cited and structured", CLAUDE, claude({"role": "user", "content": [PAPER | {"citations": {"enabled": True}}]},
     output_config={"format": {"type": "json_schema"}}), "structured"),
    ("a question", GEMINI, gemini(), ""),
    ("a call and its result", GEMINI, gemini(SAID, CALL, BACK), ""),
    ("an unknown field", GEMINI, gemini(heat=1), 'Unknown name \\"heat\\"'),
    ("no contents", GEMINI, {"contents": []}, "contents is not specified"),
    ("no parts", GEMINI, gemini({"role": "user", "parts": []}), "parts must not be empty"),
    ("an empty text", GEMINI, gemini({"role": "user", "parts": [{"text": ""}]}), "empty text"),
    ("a call without its result", GEMINI, gemini(SAID, CALL, SAID), "number of function response parts"),
    ("a result without a call", GEMINI, gemini(SAID, BACK), "number of function response parts"),
    ("a call first", GEMINI, gemini(CALL, BACK), "immediately after a user turn"),
    ("no signature", GEMINI_3, gemini(SAID, CALL, BACK), "thought_signature"),
    ("the model last", GEMINI, gemini(SAID, {"role": "model", "parts": [{"text": "Hi"}]}), "ends with a user"),
]  # fmt: skip


def client(fake: FakeModels, key: str | None = None) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {key or fake.key}", "anthropic-version": "2023-06-01"}
    return httpx2.AsyncClient(transport=InProcess(fake), base_url="http://models", headers=headers)


@pytest.mark.parametrize("label, path, body, refusal", CASES, ids=[f"{row[0]}-{row[1][:8]}" for row in CASES])
async def test_what_is_refused(label: str, path: str, body: dict[str, Any], refusal: str) -> None:
    fake = FakeModels()
    async with client(fake) as here:
        reply = await here.post(path, json=body)
    assert (reply.status_code, refusal in reply.text) == (400 if refusal else 200, True)
    assert fake.last.body == body


async def test_another_key_is_refused_in_each_familys_way() -> None:
    fake = FakeModels()
    async with client(fake, "another") as here:
        told = [
            await here.post(path, json=body()) for path, body in ((OPENAI, chat), (CLAUDE, claude), (GEMINI, gemini))
        ]
    openai, claudes, geminis = [each.json() for each in told]
    assert [each.status_code for each in told] == [401, 401, 400]
    assert openai["error"]["code"] == "invalid_api_key"
    assert (claudes["type"], claudes["error"]["type"]) == ("error", "authentication_error")
    assert geminis["error"]["details"][0]["reason"] == "API_KEY_INVALID"


async def test_a_models_own_script_comes_first_and_the_default_last() -> None:
    fake = FakeModels(default=lambda asked: says(f"I am {asked.model}"))
    fake.will("For any.", busy("3"))
    fake.will("For one.", model="one")
    async with client(fake) as here:
        told = []
        for name in ("one", "one", "one", "two"):
            reply = await here.post(OPENAI, json=chat() | {"model": name})
            told.append(reply.json().get("choices", [{}])[0].get("message", {}).get("content"))
        assert told == ["For one.", "For any.", None, "I am two"]
        assert [isinstance(each, Asked) for each in fake.asked] == [True] * 4
        fake.default = overloaded()
        assert (await here.post(CLAUDE, json=claude())).status_code == 529
        assert (await here.post(GEMINI, json=gemini())).json()["error"]["status"] == "UNAVAILABLE"


async def test_streams() -> None:
    fake = FakeModels(default=Says(text="Four words, to be exact."))
    async with client(fake) as here:
        reply = await here.post(OPENAI, json=chat(stream=True, stream_options={"include_usage": True}))
        events = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]
        assert events[-1] == "[DONE]"
        chunks = [json.loads(each) for each in events[:-1]]
        assert (
            "".join(each["choices"][0]["delta"].get("content", "") for each in chunks[:-1])
            == "Four words, to be exact."
        )
        assert chunks[-1]["usage"]["completion_tokens"] == 5
        reply = await here.post(CLAUDE, json=claude(stream=True))
        named = [line.partition("\n")[0].removeprefix("event: ") for line in reply.text.split("\n\n") if line]
        assert named[:3] == ["message_start", "ping", "content_block_start"]
        assert named[-3:] == ["content_block_stop", "message_delta", "message_stop"]


async def test_what_is_none_of_it() -> None:
    fake = FakeModels()
    async with client(fake) as here:
        assert (await here.post("/v1/nothing", json={})).status_code == 404
        assert (await here.post(OPENAI, content=b"{")).status_code == 400
    assert not fake.asked

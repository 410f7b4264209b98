"""OpenAI's chat completions, with what Azure and OpenRouter add. Facts are those of the API reference of 2026."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from turnkeeper.testing.fake_models.script import Call, Fails, Family, Says
from turnkeeper.testing.fake_models.wire import Json, Refusal, bad, broken, data, in_pieces, only, stream, words
from turnkeeper.testing.http import Reply

_PARAMETERS = words(
    "model messages audio frequency_penalty logit_bias logprobs max_completion_tokens max_tokens metadata modalities n "
    "parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort response_format seed "
    "service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user "
    "verbosity web_search_options"
)
_OPENROUTER = words("provider models plugins reasoning transforms usage top_k route")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_THINKS = re.compile(r"(openai/)?(gpt-5|gpt-6|o[134])")
_UNANSWERED = "An assistant message with 'tool_calls' must be followed by tool messages to each 'tool_call_id'."
_LONGEST_ID = 40
_CODES = {
    "busy": ("rate_limit_exceeded", "requests"),
    "quota": ("insufficient_quota", "insufficient_quota"),
    "key": ("invalid_api_key", "invalid_request_error"),
    "model": ("model_not_found", "invalid_request_error"),
    "too_long": ("context_length_exceeded", "invalid_request_error"),
    "overloaded": ("server_is_overloaded", "service_unavailable_error"),
    "bad": ("invalid_value", "invalid_request_error"),
}
_WORDS = {
    "too_long": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "quota": "You exceeded your current quota, please check your plan and billing details.",
    "overloaded": "The server is currently overloaded with other requests.",
}


def check(family: Family, body: Json, model: str) -> None:
    """Refuse what the real one refuses."""
    known = _PARAMETERS | _OPENROUTER if family == "openrouter" else _PARAMETERS
    only(body, known, "Unrecognized request argument supplied: {}")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad("Invalid 'messages': empty array. Expected an array with minimum length 1.")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if family != "openrouter" and _THINKS.match(model):
        for name in ("max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty"):
            if body.get(name) is not None:
                raise bad(f"Unsupported parameter: '{name}' is not supported with this model.")
    _check_tools(body)
    _check_order(messages)
    for message in messages:
        _check_content(family, message)


def _check_tools(body: Json) -> None:
    tools = body.get("tools")
    if tools is not None and not tools:
        raise bad("Invalid 'tools': empty array.")
    if body.get("tool_choice") is not None and not tools:
        raise bad("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
    for tool in tools or ():
        if not _NAME.fullmatch(tool["function"]["name"]):
            raise bad("Invalid 'tools[0].function.name': string does not match pattern.")
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema" and not (
        form["json_schema"].get("name") and form["json_schema"].get("schema")
    ):
        raise bad("Missing required parameter: 'response_format.json_schema.name'.")


def _check_order(messages: list[Json]) -> None:
    """Each call of a tool is answered at once, and nothing else is."""
    open_calls: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise bad("messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.")
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            raise bad(
                "An assistant message with 'tool_calls' must be followed by tool messages to each 'tool_call_id'."
            )
        open_calls = {each["id"] for each in message.get("tool_calls") or ()}
        if any(len(each) > _LONGEST_ID for each in open_calls):
            raise bad("Invalid 'messages[1].tool_calls[0].id': string too long. Expected a maximum length of 40.")
    if open_calls:
        raise bad(_UNANSWERED)


def _check_content(family: Family, message: Json) -> None:
    content = message.get("content")
    if content is None and not message.get("tool_calls"):
        raise bad("Invalid value for 'content': expected a string, got null.")
    if isinstance(content, list) and not content:
        raise bad("Invalid 'content': empty array.")
    for part in content if isinstance(content, list) else ():
        if part["type"] == "file" and family == "azure":
            raise bad("Invalid content type. image_url is only supported by certain models.")
        if part["type"] == "file" and not part["file"]["file_data"].startswith("data:application/pdf;base64,"):
            raise bad("Invalid file data: 'file_data'. Expected a base64-encoded data URL.")
        if part["type"] == "image_url" and not part["image_url"]["url"].startswith(("data:image/", "https://")):
            raise bad("Invalid 'image_url'.")


def render(family: Family, body: Json, model: str, said: Says) -> Reply:
    """An answer."""
    if body.get("stream"):
        return stream(_events(family, body, model, said))
    choice = {"index": 0, "message": _message(said), "logprobs": None, "finish_reason": _finish(said)}
    return Reply.json(200, _envelope(family, model) | {"choices": [choice], "usage": _usage(family, said)})


def fail(family: Family, body: Json, model: str, fault: Fails) -> Reply:
    """What stands in place of an answer."""
    half = Says(text=fault.message)
    match fault.how:
        case "refused" | "blocked" if fault.how == "blocked" and family == "azure":
            return _filtered()
        case "refused" | "blocked":
            return _declined(family, body, model, fault)
        case "cut" | "ends" if body.get("stream"):
            return stream(_events(family, body, model, half, whole=False), breaks=fault.how == "cut")
        case "cut" | "ends":
            return broken(_envelope(family, model) | {"choices": [{"index": 0, "message": _message(half)}]})
        case "in_200":
            told = {"error": {"code": fault.status, "message": fault.message}}
            return stream([data(told)]) if body.get("stream") else Reply.json(200, told)
    return refuse(family, Refusal(fault.status, fault.message, fault.kind), fault.headers)


def refuse(family: Family, refusal: Refusal, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An error in the family's shape."""
    status = {"overloaded": 503}.get(refusal.kind, refusal.status)
    told = _WORDS.get(refusal.kind, refusal.message) or "Error"
    if family == "openrouter":
        status = {"quota": 402}.get(refusal.kind, status)
        body = Reply.json(status, {"error": {"code": status, "message": told}, "user_id": "user_1"})
    else:
        code, type_ = _CODES.get(refusal.kind, (None, "server_error" if status >= 500 else "invalid_request_error"))
        body = Reply.json(status, {"error": {"message": told, "type": type_, "param": None, "code": code}})
    return Reply(body.status, body.body, body.content_type, headers)


def _filtered() -> Reply:
    """Azure's filter of questions."""
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}
    error = {"code": "content_filter", "message": "The response was filtered", "param": "prompt", "status": 400}
    return Reply.json(400, {"error": error | {"type": None, "innererror": inner}})


def _declined(family: Family, body: Json, model: str, fault: Fails) -> Reply:
    if fault.how == "blocked" and family == "openrouter":
        told = {"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI"}
        return Reply.json(403, {"error": {"code": 403, "message": "Input was flagged", "metadata": told}})
    if fault.how == "blocked":
        return render(family, body, model, Says(finish="filtered"))
    if body.get("stream"):
        delta = {"role": "assistant", "refusal": fault.message}
        return stream([data(_chunk(family, model, delta)), data(_chunk(family, model, {}, "stop")), data("[DONE]")])
    message: Json = {"role": "assistant", "content": None, "refusal": fault.message, "annotations": []}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return Reply.json(200, _envelope(family, model) | {"choices": [choice], "usage": _usage(family, Says())})


def _envelope(family: Family, model: str, kind: str = "chat.completion") -> Json:
    more: Json = {"provider": "Fake"} if family == "openrouter" else {}
    id_ = "gen-1" if family == "openrouter" else "chatcmpl-1"
    return {"id": id_, "object": kind, "created": 1_763_000_000, "model": model} | more


def _message(said: Says) -> Json:
    message: Json = {"role": "assistant", "content": said.whole or None, "refusal": None, "annotations": []}
    if said.thinking:
        message["reasoning"] = said.thinking
    if said.calls:
        message["tool_calls"] = [_call(at, each) for at, each in enumerate(said.calls)]
    return message


def _call(at: int, call: Call) -> Json:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    return {"id": call.id or f"call_{at}", "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _finish(said: Says) -> str:
    if said.finish is not None:
        return {"stop": "stop", "length": "length", "filtered": "content_filter"}[said.finish]
    return "tool_calls" if said.calls else "stop"


def _usage(family: Family, said: Says) -> Json:
    usage: Json = {
        "prompt_tokens": said.input_tokens,
        "completion_tokens": said.output_tokens,
        "total_tokens": said.input_tokens + said.output_tokens,
        "prompt_tokens_details": {"cached_tokens": said.cached_tokens},
    }
    if family == "openrouter" and said.cost is not None:
        usage["cost"] = said.cost
    return usage


def _chunk(family: Family, model: str, delta: Json, finish: str | None = None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _envelope(family, model, "chat.completion.chunk") | {"choices": [choice]}


def _events(family: Family, body: Json, model: str, said: Says, *, whole: bool = True) -> Iterator[bytes]:
    if family == "openrouter":
        yield b": OPENROUTER PROCESSING\n\n"
    yield data(_chunk(family, model, {"role": "assistant", "content": ""}))
    for piece in in_pieces(said.whole):
        yield data(_chunk(family, model, {"content": piece}))
    for at, each in enumerate(said.calls):
        told: dict[str, Any] = _call(at, each)
        arguments = told["function"].pop("arguments")
        yield data(_chunk(family, model, {"tool_calls": [told | {"index": at}]}))
        for piece in in_pieces(arguments):
            yield data(_chunk(family, model, {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}))
    if not whole:
        return
    yield data(_chunk(family, model, {}, _finish(said)))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield data(_envelope(family, model, "chat.completion.chunk") | {"choices": [], "usage": _usage(family, said)})
    yield data("[DONE]")

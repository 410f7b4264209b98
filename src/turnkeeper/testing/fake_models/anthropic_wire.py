"""Anthropic's Messages API. Facts are those of its documentation of 2026."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from turnkeeper.testing.fake_models.script import Call, Fails, Says
from turnkeeper.testing.fake_models.wire import Json, Refusal, bad, broken, data, in_pieces, only, stream, words
from turnkeeper.testing.http import Reply

_PARAMETERS = words(
    "model messages max_tokens system tools tool_choice temperature top_p top_k stop_sequences stream metadata "
    "thinking service_tier output_config cache_control container context_management mcp_servers"
)
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_WORDS = {
    "too_long": (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    "quota": (400, "Your credit balance is too low to access the Anthropic API."),
    "key": (401, "invalid x-api-key"),
}


def check(body: Json) -> None:
    """Refuse what the real one refuses."""
    only(body, _PARAMETERS, "{}: Extra inputs are not permitted")
    if not isinstance(body.get("max_tokens"), int):
        raise bad("max_tokens: Field required")
    if body.get("temperature") is not None and not 0 <= body["temperature"] <= 1:
        raise bad("temperature: range: 0..1")
    if body.get("temperature") is not None and body.get("top_p") is not None:
        raise bad("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad("messages: at least one message is required")
    if messages[0]["role"] != "user":
        raise bad('messages: first message must use the "user" role')
    for at, message in enumerate(messages):
        _check_blocks(at, _blocks(message))
    _check_tools(body, messages)
    _check_cited(body, messages)


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def _check_blocks(at: int, blocks: list[Json]) -> None:
    if not blocks:
        raise bad(f"messages.{at}: all messages must have non-empty content")
    for block in blocks:
        if block["type"] == "text" and not block["text"].strip():
            raise bad("messages: text content blocks must contain non-whitespace text")


def _check_tools(body: Json, messages: list[Json]) -> None:
    open_calls: list[str] = []
    used = False
    for at, message in enumerate(messages):
        results = [each["tool_use_id"] for each in _blocks(message) if each["type"] == "tool_result"]
        if set(results) - set(open_calls):
            raise bad(f"messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks")
        if set(open_calls) - set(results):
            raise bad(f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after")
        open_calls = [each["id"] for each in _blocks(message) if each["type"] == "tool_use"]
        used = used or bool(open_calls)
        if not all(_ID.fullmatch(each) for each in open_calls):
            raise bad(f"messages.{at}.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if open_calls:
        raise bad(f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks after")
    if used and not body.get("tools"):
        raise bad("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _check_cited(body: Json, messages: list[Json]) -> None:
    documents = [each for message in messages for each in _blocks(message) if each["type"] == "document"]
    cited = [bool((each.get("citations") or {}).get("enabled")) for each in documents]
    if any(cited) and not all(cited):
        raise bad("citations must be enabled on all documents or on none")
    if any(cited) and (body.get("output_config") or {}).get("format"):
        raise bad("citations cannot be used with structured outputs")


def render(body: Json, said: Says) -> Reply:
    """An answer."""
    if body.get("stream"):
        return stream(_events(body, said))
    whole = _envelope(body, said) | {"content": _content(said), "stop_reason": _stop(said), "stop_sequence": None}
    return Reply.json(200, whole)


def fail(body: Json, fault: Fails) -> Reply:
    """What stands in place of an answer."""
    half = Says(text=fault.message)
    match fault.how:
        case "refused" | "blocked":
            said = Says(text=fault.message, finish="filtered")
            return render(body, said)
        case "cut" | "ends" if body.get("stream"):
            return stream(_events(body, half, whole=False), breaks=fault.how == "cut")
        case "cut" | "ends":
            return broken(_envelope(body, half) | {"content": _content(half), "stop_reason": "end_turn"})
        case "in_200":
            told = _error(529, "Overloaded")
            return stream([data(told, "error")]) if body.get("stream") else Reply.json(200, told)
    return refuse(Refusal(fault.status, fault.message, fault.kind), fault.headers)


def refuse(refusal: Refusal, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An error in its shape."""
    status, told = _WORDS.get(refusal.kind, (refusal.status, refusal.message))
    body = Reply.json(status, _error(status, told))
    return Reply(body.status, body.body, body.content_type, (("request-id", "req_1"), *headers))


def _error(status: int, told: str) -> Json:
    type_ = _TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": type_, "message": told or "Error"}, "request_id": "req_1"}


def _envelope(body: Json, said: Says) -> Json:
    usage = {
        "input_tokens": said.input_tokens - said.cached_tokens,
        "output_tokens": said.output_tokens,
        "cache_read_input_tokens": said.cached_tokens,
        "cache_creation_input_tokens": 0,
    }
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model")}
    return head | {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}


def _stop(said: Says) -> str:
    if said.finish is not None:
        return {"stop": "end_turn", "length": "max_tokens", "filtered": "refusal"}[said.finish]
    return "tool_use" if said.calls else "end_turn"


def _content(said: Says) -> list[Json]:
    blocks: list[Json] = []
    if said.thinking:
        blocks.append({"type": "thinking", "thinking": said.thinking, "signature": "c2lnbmVk"})
    if said.text:
        blocks.append({"type": "text", "text": said.text})
    for cite in said.cites:
        place = {"type": "page_location", "cited_text": cite.quote, "document_index": cite.document}
        place |= {"document_title": None, "start_page_number": 1, "end_page_number": 2, "file_id": None}
        blocks.append({"type": "text", "text": cite.text, "citations": [place]})
    blocks += [_call(at, each) for at, each in enumerate(said.calls)]
    return blocks


def _call(at: int, call: Call) -> Json:
    given: Any = call.arguments
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = {"text": given}
    return {"type": "tool_use", "id": call.id or f"toolu_{at}", "name": call.name, "input": given}


def _events(body: Json, said: Says, *, whole: bool = True) -> Iterator[bytes]:
    yield data({"type": "message_start", "message": _envelope(body, said)}, "message_start")
    yield data({"type": "ping"}, "ping")
    for at, block in enumerate(_content(said)):
        yield from _block(at, block, whole=whole)
    if whole:
        delta = {"stop_reason": _stop(said), "stop_sequence": None}
        told = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": said.output_tokens}}
        yield data(told, "message_delta")
        yield data({"type": "message_stop"}, "message_stop")


def _block(at: int, block: Json, *, whole: bool) -> Iterator[bytes]:
    kind = block["type"]
    blank: dict[str, Json] = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
    empty = blank.get(kind, {"input": {}})
    start = {"type": kind} | ({"id": block["id"], "name": block["name"]} if kind == "tool_use" else {}) | empty
    yield data({"type": "content_block_start", "index": at, "content_block": start}, "content_block_start")
    deltas: list[Json] = []
    match kind:
        case "text":
            deltas = [{"type": "text_delta", "text": each} for each in in_pieces(block["text"])]
            deltas += [{"type": "citations_delta", "citation": each} for each in block.get("citations", ())]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use":
            written = json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": each} for each in in_pieces(written)]
    for delta in deltas:
        yield data({"type": "content_block_delta", "index": at, "delta": delta}, "content_block_delta")
    if whole:
        yield data({"type": "content_block_stop", "index": at}, "content_block_stop")

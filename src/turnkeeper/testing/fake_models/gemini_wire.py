"""Google's generateContent. Facts are those of its reference of 2026."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from turnkeeper.testing.fake_models.script import Fails, Says
from turnkeeper.testing.fake_models.wire import Json, Refusal, bad, broken, data, in_pieces, only, stream, words
from turnkeeper.testing.http import Reply

_FIELDS = words(
    "contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent serviceTier store"
)
_GENERATION = words(
    "stopSequences responseMimeType responseSchema responseJsonSchema _responseJsonSchema responseModalities "
    "candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs "
    "logprobs thinkingConfig mediaResolution"
)
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"} | {
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_WORDS = {
    "too_long": (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    "overloaded": (503, "The model is overloaded. Please try again later."),
    "key": (400, "API key not valid. Please pass a valid API key."),
    "quota": (429, "You exceeded your current quota, please check your plan and billing details."),
}
SIGNATURE = base64.b64encode(b"thought-signature").decode()


def check(body: Json, model: str) -> None:
    """Refuse what the real one refuses."""
    unknown = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
    only(body, _FIELDS, unknown)
    only(body.get("generationConfig") or {}, _GENERATION, unknown)
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise bad("* GenerateContentRequest.contents: contents is not specified")
    wanted = 0
    for at, content in enumerate(contents):
        parts = content.get("parts") or []
        if not parts:
            raise bad(f"* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty.")
        if any("text" in each and not each["text"] for each in parts):
            raise bad("Unable to submit request because it has an empty text parameter.")
        answered = sum("functionResponse" in each for each in parts)
        if answered != wanted:
            raise bad("Please ensure that the number of function response parts is equal to the function call parts.")
        wanted = sum("functionCall" in each for each in parts)
        if wanted and (at == 0 or contents[at - 1]["role"] != "user"):
            raise bad("Please ensure that function call turn comes immediately after a user turn.")
        if wanted and model.startswith("gemini-3"):
            _check_signed(parts)
    if wanted or contents[-1]["role"] == "model":
        raise bad("Please ensure that the request ends with a user role or a function response.")


def _check_signed(parts: list[Json]) -> None:
    first = next(each for each in parts if "functionCall" in each)
    if not first.get("thoughtSignature"):
        raise bad("Function call is missing a thought_signature in functionCall parts.")


def render(body: Json, model: str, said: Says, *, streamed: bool) -> Reply:
    """An answer."""
    del body
    if streamed:
        return stream(_events(model, said))
    candidate = {"content": {"role": "model", "parts": _parts(said, model)}, "finishReason": _finish(said), "index": 0}
    return Reply.json(200, _envelope(model, said) | {"candidates": [candidate]})


def fail(body: Json, model: str, fault: Fails, *, streamed: bool) -> Reply:
    """What stands in place of an answer."""
    half = Says(text=fault.message)
    match fault.how:
        case "blocked":
            told = _envelope(model, Says()) | {"promptFeedback": {"blockReason": "SAFETY"}}
            return stream([data(told)]) if streamed else Reply.json(200, told)
        case "refused":
            return render(body, model, Says(finish="filtered"), streamed=streamed)
        case "cut" | "ends" if streamed:
            return stream(_events(model, half, whole=False), breaks=fault.how == "cut")
        case "cut" | "ends":
            return broken(_envelope(model, half) | {"candidates": [{"content": {"parts": _parts(half, model)}}]})
        case "in_200":
            told = _error(503, fault.message)
            return stream([data(told)]) if streamed else Reply.json(200, told)
    return refuse(Refusal(fault.status, fault.message, fault.kind), fault.headers)


def refuse(refusal: Refusal, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An error in its shape."""
    status, message = _WORDS.get(refusal.kind, (refusal.status, refusal.message))
    told = _error(status, message)
    if refusal.kind == "key":
        told["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    if refusal.kind == "quota":
        quota = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
        told["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure"} | quota]
    body = Reply.json(status, told)
    return Reply(body.status, body.body, body.content_type, headers)


def _error(status: int, message: str) -> Json:
    named = _STATUSES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message or "Error", "status": named}}


def _envelope(model: str, said: Says) -> Json:
    usage = {
        "promptTokenCount": said.input_tokens,
        "candidatesTokenCount": said.output_tokens,
        "totalTokenCount": said.input_tokens + said.output_tokens,
        "cachedContentTokenCount": said.cached_tokens,
    }
    return {"usageMetadata": usage, "modelVersion": model, "responseId": "resp-1"}


def _finish(said: Says) -> str:
    return {None: "STOP", "stop": "STOP", "length": "MAX_TOKENS", "filtered": "SAFETY"}[said.finish]


def _parts(said: Says, model: str) -> list[Json]:
    parts: list[Json] = []
    if said.thinking:
        parts.append({"text": said.thinking, "thought": True})
    if said.whole:
        parts.append({"text": said.whole})
    for at, call in enumerate(said.calls):
        given: Any = call.arguments if not isinstance(call.arguments, str) else json.loads(call.arguments)
        part: Json = {"functionCall": {"name": call.name, "args": given} | ({"id": call.id} if call.id else {})}
        if at == 0 and model.startswith("gemini-3"):
            part["thoughtSignature"] = SIGNATURE
        parts.append(part)
    return parts


def _events(model: str, said: Says, *, whole: bool = True) -> Iterator[bytes]:
    for part in _parts(said, model):
        pieces = [{"text": each} for each in in_pieces(part["text"])] if set(part) == {"text"} else [part]
        for piece in pieces:
            told = {"candidates": [{"content": {"role": "model", "parts": [piece]}, "index": 0}]}
            yield data(_envelope(model, said) | told)
    if whole:
        last = {"candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": _finish(said)}]}
        yield data(_envelope(model, said) | last)

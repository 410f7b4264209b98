"""A request in the library's words, and its answer in ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

import msgspec
from pydantic_ai import messages as words
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from turnkeeper.llm.saying import file_in_words, with_files_in_words
from turnkeeper.model.llm import (
    Attached,
    Calling,
    ChatMessage,
    ChatRequest,
    Citation,
    Said,
    ToolCall,
    ToolResult,
    Usage,
)
from turnkeeper.rules.recall import estimated_tokens

_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_EARLIER: Final = "…"
"""Stands for what was said before a conversation that begins with our own words: some models want a person first."""
_OPENING: Final = "<think>"
_CLOSING: Final = "</think>"
_AS_JSON: Final = "Answer with one JSON object and nothing else: no words around it. It has this JSON schema:\n"
_NO_TOOLS: Final = {"type": "object", "properties": {}}


@dataclass(slots=True)
class _History:
    """Messages under way: what the person and tools said is gathered until the model speaks."""

    stamp: str
    files: Mapping[Attached, words.BinaryContent]
    done: list[words.ModelMessage] = field(default_factory=list)
    heard: list[words.ModelRequestPart] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    """The names of the documents, in the order in which they are sent."""
    ids: dict[str, str] = field(default_factory=dict)
    """The ids of calls as they are told, where that is another."""

    def add(self, message: ChatMessage) -> None:
        match message:
            case Said(role="user"):
                self._person(message)
            case Said():
                self._model([words.TextPart(text)] if (text := _whole(message)) else [])
            case Calling():
                self._calling(message)
            case ToolResult():
                outcome: Any = "failed" if message.failed else "success"
                id_ = self.ids.get(message.id, message.id)
                part = words.ToolReturnPart(message.name, message.content or "(nothing)", id_, outcome=outcome)
                self.heard.append(part)

    def end(self) -> list[words.ModelMessage]:
        self._flush()
        return self.done

    def _person(self, message: Said) -> None:
        content: list[words.UserContent] = []
        told: list[str] = []
        for file in message.files:
            if file in self.files:
                content.append(self.files[file])
                if not file.mime.startswith("image/"):
                    self.documents.append(file.filename)
            else:
                told.append(file_in_words(file))
        text = "\n".join(filter(None, [*told, message.text.strip() and message.text]))
        if text:
            content.append(text)
        if content:
            plain = content[0] if len(content) == 1 and isinstance(content[0], str) else content
            self.heard.append(words.UserPromptPart(plain))

    def _calling(self, message: Calling) -> None:
        kept = _kept(message.opaque, self.stamp)
        if kept is not None:
            self._flush()
            self.done.append(kept)
            return
        parts: list[words.ModelResponsePart] = [words.TextPart(message.text)] if message.text.strip() else []
        for call in message.calls:
            self.ids[call.id] = _plain(call.id)
            parts.append(words.ToolCallPart(call.name, _object(call.arguments), self.ids[call.id]))
        self._model(parts)

    def _model(self, parts: Sequence[words.ModelResponsePart]) -> None:
        if parts:
            self._flush()
            self.done.append(words.ModelResponse(parts=list(parts)))

    def _flush(self) -> None:
        if self.heard:
            self.done.append(words.ModelRequest(parts=self.heard))
            self.heard = []
        elif not self.done:
            self.done.append(words.ModelRequest(parts=[words.UserPromptPart(_EARLIER)]))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in the library's words. `documents`: their names, in order, as citations count them."""

    messages: list[words.ModelMessage]
    parameters: ModelRequestParameters
    documents: Sequence[str]


def translated(
    request: ChatRequest,
    stamp: str,
    files: Mapping[Attached, words.BinaryContent],
    *,
    structured: bool,
    keep_tools: bool,
) -> Asked:
    """The request for one model. `stamp`: whose opaque forms may be used; `structured`: it takes a JSON schema;
    `keep_tools`: tools that were used must be told of even where none may be used any more."""
    history = _History(stamp, files)
    for message in request.messages:
        history.add(message)
    tools = [
        ToolDefinition(name=each.name, parameters_json_schema=dict(each.parameters), description=each.description)
        for each in request.tools
    ]
    if not tools and keep_tools:
        tools = [ToolDefinition(name=name, parameters_json_schema=dict(_NO_TOOLS)) for name in _used(request.messages)]
    instructions = [request.instructions] if request.instructions.strip() else []
    output: dict[str, Any] = {}
    if request.json_schema is not None:
        schema = dict(request.json_schema)
        if structured:
            output = {"output_mode": "native", "output_object": OutputObjectDefinition(schema, "answer")}
        else:
            instructions.append(_AS_JSON + json.dumps(schema, ensure_ascii=False))
    parameters = ModelRequestParameters(
        function_tools=tools,
        instruction_parts=[words.InstructionPart("\n\n".join(instructions))] if instructions else [],
        **output,
    )
    return Asked(history.end(), parameters, history.documents)


def _used(messages: Sequence[ChatMessage]) -> list[str]:
    """The tools that were called before, once each."""
    return list(dict.fromkeys(call.name for each in messages if isinstance(each, Calling) for call in each.calls))


def _whole(message: Said) -> str:
    return with_files_in_words(message).text.strip()


def _plain(id_: str) -> str:
    """An id that every family takes."""
    return id_ if _PLAIN_ID.fullmatch(id_) else f"call_{sha256(id_.encode()).hexdigest()[:24]}"


def _object(arguments: str) -> dict[str, Any]:
    """What a model wrote for arguments, as the object that the next one insists on."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        return {"_unreadable": arguments[:2_000]}
    return value if isinstance(value, dict) else {"_value": value}


def opaque(response: words.ModelResponse, stamp: str) -> str:
    """The answer as its provider wants it back, for the model that the stamp names."""
    bare = replace(response, usage=RequestUsage())
    (message,) = words.ModelMessagesTypeAdapter.dump_python([bare], mode="json")
    return msgspec.json.encode({"by": stamp, "message": message}).decode()


def _kept(opaque: str, stamp: str) -> words.ModelResponse | None:
    """The opaque form, if it is this model's own."""
    if not opaque:
        return None
    try:
        value = msgspec.json.decode(opaque)
        if value["by"] != stamp:
            return None
        (message,) = words.ModelMessagesTypeAdapter.validate_python([value["message"]])
    except (ValueError, TypeError, KeyError):
        return None
    return message if isinstance(message, words.ModelResponse) else None


def text_of(response: words.ModelResponse) -> str:
    """The words; those of thinking are not among them where the provider tells these apart."""
    return "".join(part.content for part in response.parts if isinstance(part, words.TextPart))


def spoken(text: str) -> str:
    """The words without the thoughts that some servers leave before them, between tags or before a closing one."""
    thought, closed, rest = text.partition(_CLOSING)
    opened = text.lstrip().startswith(_OPENING)
    if not closed:
        return "" if opened else text
    alone = _OPENING not in thought and (not thought or thought.endswith("\n"))
    return rest.lstrip() if opened or alone else text  # else the answer speaks of the tags


def calls_of(response: words.ModelResponse) -> tuple[ToolCall, ...]:
    """The tools that it wants. Arguments stay as they were written, for whoever mends them."""
    return tuple(
        ToolCall(
            part.tool_call_id, part.tool_name, part.args if isinstance(part.args, str) else part.args_as_json_str()
        )
        for part in response.parts
        if isinstance(part, words.ToolCallPart)
    )


def usage_of(response: words.ModelResponse) -> Usage:
    """What it took, without the price."""
    used = response.usage
    return Usage(used.input_tokens, used.output_tokens, used.cache_read_tokens)


def estimated(request: ChatRequest, text: str) -> Usage:
    """About what a call took, where nobody tells."""
    said = [each.text for each in request.messages if isinstance(each, Said)]
    told = [each.content for each in request.messages if isinstance(each, ToolResult)]
    asked = sum(map(estimated_tokens, [request.instructions, *said, *told]))
    return Usage(asked, estimated_tokens(text))


def citations_of(response: words.ModelResponse, documents: Sequence[str], before: int = 0) -> tuple[Citation, ...]:
    """Where parts of the words come from, in order; places count characters of the whole text after `before`."""
    found: dict[Citation, None] = {}
    for part in response.parts:
        if isinstance(part, words.TextPart):
            found.update((each, None) for each in _cited(part, before, documents))
            before += len(part.content)
    return tuple(found)


def _cited(part: words.TextPart, before: int, documents: Sequence[str]) -> Iterator[Citation]:
    raw = (part.provider_details or {}).get("citations")
    names = [_document(each, documents) for each in raw] if isinstance(raw, list) else []
    for citation in part.citations or ():
        end = max(before + citation.anchor.end, 0) if citation.anchor else None
        for at, source in enumerate(citation.sources):
            named = names[at] if at < len(names) else ""
            quote = " ".join(" ".join(source.excerpts).split())
            if isinstance(source, words.WebCitationSource):
                yield Citation(source.title or source.url, quote, source.url, end)
            else:
                yield Citation(source.title or named or source.document_id or "", quote, end=end)


def _document(raw: object, documents: Sequence[str]) -> str:
    """The name of the document that a provider's citation counts."""
    at = raw.get("document_index") if isinstance(raw, Mapping) else None
    return documents[at] if isinstance(at, int) and 0 <= at < len(documents) else ""

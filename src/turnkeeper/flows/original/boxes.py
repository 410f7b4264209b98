"""The original's types of nodes, each as one of ours. What a node holds besides is named, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from turnkeeper.flows.checking import AROUND
from turnkeeper.flows.conditions import NAMED
from turnkeeper.flows.model import FAILED, NEXT
from turnkeeper.flows.nodes.delay import LONGEST
from turnkeeper.flows.original.shapes import Box, text_of
from turnkeeper.flows.values import NAME, number

SAID: Final = "said"
"""The variable that keeps what the person wrote last: the original knows it everywhere, also after a delay."""
NOT_IMPORTED: Final = "not_imported"
"""The variable under which a node that could not be mapped keeps what it was."""
DELAY: Final = 3.0
WAITING: Final = 8.0
"""Seconds of a delay, and of `waiting_times`, that say none."""
_LONGEST_KEPT: Final = 20_000
_DEEPEST_BODY: Final = 20
_KNOWN: Final[Mapping[str, str]] = {
    "name": "contact.name", "nama": "contact.name", "phone": "contact.phone", "niche": "channel.niche",
    "stage": "session.stage", "detail": "session.detail", "message": SAID, "current": SAID, "text": SAID,
}  # fmt: skip
"""What the original knows of a conversation, as we call it."""
_TAKEN: Final = AROUND | {SAID, NOT_IMPORTED}
_MARK: Final = re.compile(r"\{\{([^{}\n]{1,200})\}\}")
_ADDRESS: Final = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_LOOKS: Final = frozenset({
    "label", "title", "icon", "color", "type", "nodeType", "id", "width", "height", "selected", "dragging", "style",
    "className", "description", "handles", "position",
})  # fmt: skip
"""What only its editor needs."""


@dataclass(slots=True)
class Unfolding:
    """What is known while a flow is converted. `own`: names that the flow itself sets; `said`: whether something asks
    for what the person wrote last."""

    markdown: Callable[[str], str]
    note: Callable[[str, str, str], None]
    provider: str = ""
    own: set[str] = field(default_factory=set)
    said: bool = False

    def name(self, raw: str) -> str:
        """What the original calls so, by our name; "" if it cannot be one."""
        plain = raw.strip().strip("{}").strip()
        own = variable(plain)
        if own in self.own:
            return own
        known = _KNOWN.get(plain.casefold())
        if known is not None:
            self.said = self.said or known == SAID
            return known
        return plain if NAMED.fullmatch(plain) else own

    def marked(self, text: str, box: str) -> str:
        """A text with its marks by our names."""

        def mark(found: re.Match[str]) -> str:
            plain, bar, otherwise = found[1].partition("|")
            name = self.name(plain)
            if not name:
                self.note(box, f"{found[0]!r} names nothing: it stays as it is", "Write a variable's name.")
                return found[0]
            return f"{{{{{name}{bar}{otherwise}}}}}"

        return _MARK.sub(mark, text) if "{{" in text else text


def variable(raw: str) -> str:
    """A name as variables have them here: letters, digits, underscores; "" where nothing of it is left."""
    plain = re.sub(r"\W+", "_", raw.strip().strip("{}").strip()).strip("_")[:60]
    plain = f"v_{plain}" if plain and not re.match(r"[A-Za-z_]", plain) else plain
    plain = f"{plain}_own" if plain in _TAKEN else plain
    return plain if NAME.fullmatch(plain) else ""


@dataclass(frozen=True, slots=True)
class Made:
    """One of our nodes: its type, its data, and the exits that lead on. `before`: one that comes right before it.
    `why`: it stands for one that could not be mapped, which is what `title` says as well."""

    type: str
    data: dict[str, Any] = field(default_factory=dict)
    exits: tuple[str, ...] = (NEXT,)
    before: Made | None = None
    why: str = ""
    title: str = ""


class Given:
    """A box's fields, of which everything is asked for or named."""

    def __init__(self, box: Box, unfolding: Unfolding) -> None:
        self.box, self.unfolding = box, unfolding
        self._asked: set[str] = set(_LOOKS)

    def value(self, *names: str) -> Any:
        """The first of these that is there."""
        self._asked |= {*names}
        return next((found for name in names if (found := self.box.fields.get(name)) not in (None, "")), None)

    def text(self, *names: str) -> str:
        """As a text, "" for none."""
        return text_of(self.value(*names)).strip()

    def words(self, *names: str) -> str:
        """What the person is shown: Markdown, with marks by our names."""
        return self.unfolding.markdown(self.marked(*names))

    def marked(self, *names: str) -> str:
        """A text with marks by our names."""
        return self.unfolding.marked(self.text(*names), self.box.id)

    def note(self, what: str, mend: str = "") -> None:
        """Something that is not as it was."""
        self.unfolding.note(self.box.id, what, mend)

    def rest(self) -> list[str]:
        """The fields that nobody asked for."""
        return [name for name, value in self.box.fields.items() if name not in self._asked and value]


def made(box: Box, unfolding: Unfolding) -> Made:
    """A box as a node of ours."""
    given = Given(box, unfolding)
    maker = _MAKERS.get(box.type.casefold())
    if maker is None:
        return placeholder(box, "this type is not known here" if box.type else "it has no type")
    found = maker(given)
    if not found.why:
        for name in given.rest():
            given.note(f"its {name!r} is not imported", "See what it was for, and draw it here.")
    return found


def placeholder(box: Box, why: str) -> Made:
    """A node that is passed by and keeps what it was, so that its author sees it and can replace it."""
    raw = msgspec.json.encode({"type": box.type, "data": box.fields}).decode()
    kept = raw.replace("{{", "{\\u007b")[:_LONGEST_KEPT]  # the same JSON, without marks
    title = f"not imported: {box.type or 'no type'}"[:80]
    return Made("set", {"variables": {NOT_IMPORTED: kept}}, why=why, title=title)


def _message(given: Given) -> Made:
    text = given.words("message", "text", "content")
    return Made("message", {"text": text}) if text else placeholder(given.box, "it says nothing")


def _media(kind: str) -> Callable[[Given], Made]:
    def make(given: Given) -> Made:
        url = given.marked(f"{kind}Url", "url", "mediaUrl", "imageUrl", "link")
        caption, filename = given.words("caption", "message"), given.text("filename", "fileName")
        if not (url.startswith("{{") or _ADDRESS.match(url)):
            return placeholder(given.box, f"its file has no http address ({url[:60]!r})" if url else "it has no file")
        media = {"kind": kind, "url": url} | ({"filename": filename} if filename else {})
        return Made("message", {"media": media} | ({"text": caption} if caption else {}))

    return make


def _ai(given: Given) -> Made:
    system, task = given.marked("systemPrompt", "system_prompt"), given.marked("prompt", "content", "text", "message")
    data: dict[str, Any] = {"prompt": "\n\n".join(filter(None, (system, task)))}
    if not data["prompt"]:
        data["prompt"] = "Answer the person, in their language."
        given.note("it has no prompt of its own", "Write one; until then the bot's models get a plain task.")
    model, provider = given.text("model"), given.unfolding.provider
    if model and provider:
        data["model"] = f"{provider}/{model}"
    elif model:
        given.note(f"its model {model!r} is left out: the bot's models answer", "Name its provider to keep it.")
    temperature = given.value("temperature")
    if (degree := number(temperature)) is not None and 0 <= degree <= 2:
        data["temperature"] = degree
    elif temperature is not None:
        given.note(f"its temperature {temperature!r} is not 0 to 2: left out")
    most = given.value("maxTokens", "max_tokens")
    if (several := number(most)) is not None and several >= 1:
        data["max_tokens"] = min(int(several), 100_000)
    elif most is not None:
        given.note(f"its max_tokens {most!r} is no number: left out")
    return Made("ai", data)


def _pause(otherwise: float) -> Callable[[Given], Made]:
    def make(given: Given) -> Made:
        asked = given.value("delay", "seconds")
        seconds = number(asked)
        if asked is None:
            seconds = otherwise
        elif seconds is None:
            given.note(f"its delay {asked!r} is no number of seconds: {otherwise:g} are taken")
            seconds = otherwise
        elif seconds <= 0 or seconds > LONGEST:
            given.note(f"{seconds:g} seconds cannot be waited for: {min(max(seconds, 1.0), LONGEST):g} are taken")
            seconds = min(max(seconds, 1.0), LONGEST)
        return Made("delay", {"seconds": seconds})

    return make


def _stage(given: Given) -> Made:
    stage = given.marked("stage", "value", "stageName", "name")
    return Made("stage", {"stage": stage}) if stage else placeholder(given.box, "the stage has no name")


def _reply(given: Given) -> Made:
    name = saved_by(given.box)
    given.value(*SAVES)
    question = given.words("message", "question", "text", "prompt")
    says = Made("message", {"text": question}) if question else None
    return Made("wait", {"save": name} if name else {}, before=says)


SAVES: Final = ("variable", "variableName", "saveAs", "save", "responseVariable")


def saved_by(box: Box) -> str:
    """The variable that a node fills, "" for none."""
    if box.type.casefold() not in ("user_reply", "waiting_reply", "api"):
        return ""
    raw = next((text for name in SAVES if (text := text_of(box.fields.get(name)).strip())), "")
    return variable(raw)


def _end(given: Given) -> Made:
    text = given.words("message", "text")
    return Made("end", {"text": text} if text else {}, exits=())


def _start(_: Given) -> Made:
    return Made("start", {"triggers": [{"kind": "first_message"}]})


def _api(given: Given) -> Made:
    url = given.marked("url", "endpoint", "apiUrl")
    if not _is_address(_MARK.sub("x", url)):
        return placeholder(given.box, f"{url[:60]!r} is no http address")
    if "{{" in re.split("[/?#]", url.split("//", 1)[1], maxsplit=1)[0]:
        return placeholder(given.box, "a variable would say whom it calls")
    method = (given.text("method", "httpMethod") or "GET").upper()
    if method not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        return placeholder(given.box, f"its method is {method[:20]!r}")
    data: dict[str, Any] = {"url": url, "method": method}
    if headers := _headers(given):
        data["headers"] = headers
    if (body := _body(given)) is not None:
        data["body"] = body
    if name := saved_by(given.box):
        data["save"] = name
    given.value(*SAVES)
    if (seconds := number(given.value("timeout"))) is not None:
        data["timeout"] = min(max(seconds / 1000 if seconds > 60 else seconds, 1.0), 60.0)
    return Made("http", data, exits=(NEXT, FAILED))


def _is_address(url: str) -> bool:
    try:
        return bool(_ADDRESS.match(url) and urlsplit(url).hostname)
    except ValueError:
        return False


def _headers(given: Given) -> dict[str, str]:
    raw = _opened(given.value("headers"))
    pairs: list[tuple[Any, Any]] = []
    if isinstance(raw, Mapping):
        pairs = list(raw.items())
    elif isinstance(raw, list):
        pairs = [(each.get("key", each.get("name")), each.get("value")) for each in raw if isinstance(each, Mapping)]
    if raw and not pairs:
        given.note("its headers are no table: left out")
    return {
        text_of(name): given.unfolding.marked(text_of(value), given.box.id) for name, value in pairs if text_of(name)
    }


def _body(given: Given) -> Any:
    raw = given.value("body", "payload")
    opened = _opened(raw)
    if isinstance(opened, Mapping | list):
        if _depth(opened) <= _DEEPEST_BODY:
            return _marked_json(opened, given)
        given.note(f"its body is nested deeper than {_DEEPEST_BODY}: it is sent as text")
        raw = raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()
    return given.unfolding.marked(raw, given.box.id) if isinstance(raw, str) else raw


def _opened(raw: Any) -> Any:
    """JSON that stands in a string."""
    if isinstance(raw, str) and raw.strip()[:1] in ("{", "["):
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return raw
    return raw


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= _DEEPEST_BODY:
        depth += 1
        level = [
            inner
            for each in level
            if isinstance(each, Mapping | list)
            for inner in (each.values() if isinstance(each, Mapping) else each)
        ]
    return depth


def _marked_json(value: Any, given: Given) -> Any:
    match value:
        case str():
            return given.unfolding.marked(value, given.box.id)
        case Mapping():
            return {name: _marked_json(each, given) for name, each in value.items()}
        case list():
            return [_marked_json(each, given) for each in value]
    return value


_MAKERS: Final[Mapping[str, Callable[[Given], Made]]] = {
    "start": _start,
    "message": _message,
    "send_message": _message,
    **{kind: _media(kind) for kind in ("image", "audio", "video", "document")},
    **{f"send_{kind}": _media(kind) for kind in ("image", "audio", "video", "document")},
    "ai": _ai,
    "prompt": _ai,
    "delay": _pause(DELAY),
    "waiting_times": _pause(WAITING),
    "stage": _stage,
    "user_reply": _reply,
    "waiting_reply": _reply,
    "api": _api,
    "end": _end,
}
"""`condition` and `conditions` are forks (original.forks)."""

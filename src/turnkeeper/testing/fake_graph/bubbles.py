"""What a thread looks like on the person's screen: one JSON object for each bubble, oldest first.

Reactions, edits and deletions are messages of their own on the wire; here they change the bubble they are about.
Values in, values out. Nothing is trusted to have a field that Meta does not insist on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.payloads import Json
    from turnkeeper.testing.fake_graph.people import Received, Ticks, Written

    Media = Callable[[str], Json | None]
    """The `mime`, `size` and `filename` of a medium that the fake holds; None: it holds no such medium."""
    Components = Callable[[str, str], list[Json]]
    """Of a template, by name and language, as the API has them; none where the definition is not known."""

FILES: Final = ("image", "video", "audio", "document", "sticker")
NO_BUBBLES: Final = ("reaction", "edit", "revoke", "system")


def bubbles(
    written: Sequence[Written],
    received: Sequence[Received],
    *,
    ticks: Callable[[Written], Ticks],
    media: Media,
    components: Components,
) -> list[Json]:
    """The screen, oldest first."""
    shown = [_mine(message, ticks(message), media) for message in written if message.kind not in NO_BUBBLES]
    shown += [_theirs(message, media, components) for message in received if message.kind not in NO_BUBBLES]
    shown.sort(key=lambda bubble: bubble["at"])
    by_id = {bubble["id"]: bubble for bubble in shown}
    for message in written:
        _change(by_id, message.kind, message.payload)
    for theirs in received:
        _change(by_id, theirs.kind, theirs.body.get(theirs.kind))
    for kind, side, payload in _reactions(written, received):
        bubble = by_id.get(text_of(payload, "message_id"))
        if kind == "reaction" and bubble is not None:
            others = [each for each in bubble.get("reactions", []) if each["from"] != side]
            emoji = text_of(payload, "emoji")
            bubble["reactions"] = [*others, {"from": side, "emoji": emoji}] if emoji else others
    return shown


def _reactions(written: Sequence[Written], received: Sequence[Received]) -> list[tuple[str, str, Any]]:
    """Both sides' reactions, in the order in which they were made."""
    made = [(m.at, m.kind, "person", m.payload) for m in written if m.kind == "reaction"]
    made += [(m.at, m.kind, "business", m.body.get("reaction")) for m in received if m.kind == "reaction"]
    return [(kind, side, payload) for _, kind, side, payload in sorted(made, key=lambda each: each[0])]


def _change(by_id: Mapping[str, Json], kind: str, payload: Any) -> None:
    """An edit puts other words in a bubble, a deletion leaves only that there was one."""
    bubble = by_id.get(text_of(payload, "original_message_id"))
    if bubble is None:
        return
    if kind == "edit":
        new = payload.get("message")
        part = new.get(text_of(new, "type")) if isinstance(new, Mapping) else None
        bubble["text"] = text_of(part, "body") or text_of(part, "caption")
        bubble["edited"] = True
    elif kind == "revoke":
        kept = {name: bubble[name] for name in ("id", "from", "at", "ticks")}
        bubble.clear()
        bubble.update(kept, kind="deleted", text="", deleted=True)


def _mine(message: Written, ticks: Ticks, media: Media) -> Json:
    shown = {
        "id": message.id,
        "from": "person",
        "at": message.at,
        "ticks": ticks,
        **_content(message.kind, message.payload, media),
    }
    if message.reply_to is not None:
        shown["quote"] = message.reply_to
    return shown


def _theirs(message: Received, media: Media, components: Components) -> Json:
    shown = {
        "id": message.id,
        "from": "business",
        "at": message.at,
        "ticks": "read" if message.ticks == "played" else message.ticks,
        **_content(message.kind, message.body.get(message.kind), media),
    }
    if message.by_owner:
        shown["by_owner"] = True
    quoted = message.quotes
    if quoted is not None:
        shown["quote"] = quoted
    if message.error is not None:
        shown["error"] = message.error["title"]
    if message.kind == "template":
        payload = message.body.get("template")
        known = components(text_of(payload, "name"), text_of(_get(payload, "language"), "code"))
        shown |= {"text": message.text if known else "", **_template(payload, known)}
    return shown


def _content(kind: str, payload: Any, media: Media) -> Json:
    if kind == "text":
        return {"kind": "text", "text": text_of(payload, "body")}
    if kind in FILES:
        return _file(kind, payload, media)
    if kind == "interactive":
        return _interactive(payload)
    if kind == "location":
        return {"kind": "location", "text": "", "location": _present(payload, _PLACE)}
    if kind == "contacts":
        return {"kind": "contacts", "text": "", "cards": [_card(card) for card in _list(payload)]}
    if kind == "button":
        return {"kind": "choice", "text": text_of(payload, "text")}
    return {"kind": "other", "text": f"[{kind}]"}


_PLACE: Final = ("latitude", "longitude", "name", "address")


def _file(kind: str, payload: Any, media: Media) -> Json:
    shown = {"kind": "voice" if kind == "audio" and _get(payload, "voice") is True else kind}
    found = dict(media(text_of(payload, "id")) or {}) | _present(payload, ("id", "link", "filename"))
    return {**shown, "text": text_of(payload, "caption"), "file": found}


def _interactive(payload: Any) -> Json:
    kind = text_of(payload, "type")
    reply = _get(payload, kind)
    if kind in ("button_reply", "list_reply"):
        about = text_of(reply, "description")
        return {"kind": "choice", "text": text_of(reply, "title"), **({"footer": about} if about else {})}
    action = _get(payload, "action")
    shown: Json = {"text": text_of(_get(payload, "body"), "text"), **_around(payload)}
    if kind == "button":
        replies = [_get(button, "reply") for button in _list(_get(action, "buttons"))]
        return {**shown, "kind": "buttons", "choices": [_present(reply, ("id", "title")) for reply in replies]}
    if kind == "list":
        sections = [_section(section) for section in _list(_get(action, "sections"))]
        return {**shown, "kind": "list", "button": text_of(action, "button"), "sections": sections}
    if kind == "cta_url":
        return {**shown, "kind": "url_button", "link": _present(_get(action, "parameters"), ("display_text", "url"))}
    if kind == "location_request_message":
        return {**shown, "kind": "location_request"}
    return {**shown, "kind": "other", "text": shown["text"] or text_of(reply, "body") or f"[{kind}]"}


def _around(payload: Any) -> Json:
    """What stands above and below an interactive message's words."""
    header, footer = _get(payload, "header"), text_of(_get(payload, "footer"), "text")
    kind = text_of(header, "type")
    shown: Json = {"footer": footer} if footer else {}
    if kind == "text":
        shown["header"] = text_of(header, "text")
    elif kind:
        shown["header_file"] = {"kind": kind, **_present(_get(header, kind), ("id", "link", "filename"))}
    return shown


def _section(section: Any) -> Json:
    rows = [_present(row, ("id", "title", "description")) for row in _list(_get(section, "rows"))]
    return {"title": text_of(section, "title"), "rows": rows}


def _card(card: Any) -> Json:
    phones = [text_of(phone, "phone") for phone in _list(_get(card, "phones"))]
    emails = [text_of(email, "email") for email in _list(_get(card, "emails"))]
    firm = text_of(_get(card, "org"), "company")
    return {
        "name": text_of(_get(card, "name"), "formatted_name"),
        "lines": [line for line in (*phones, *emails, firm) if line],
    }


def _template(payload: Any, known: list[Json]) -> Json:
    """The approved words around the parameters where they are known; the bare parameters where not."""
    shown: Json = {
        "kind": "template",
        "template": text_of(payload, "name"),
        "language": text_of(_get(payload, "language"), "code"),
        "choices": [],
        "parameters": [],
    }
    for part in known:
        if part.get("type") == "FOOTER":
            shown["footer"] = text_of(part, "text")
        elif part.get("type") == "HEADER" and text_of(part, "text"):
            shown["header"] = text_of(part, "text")
        elif part.get("type") == "BUTTONS":
            titles = [text_of(each, "text") for each in _list(part.get("buttons")) if each.get("type") == "QUICK_REPLY"]
            shown["choices"] = [{"id": title, "title": title} for title in titles]
    replies = 0
    for component in _list(_get(payload, "components")):
        kind, sub_type = text_of(component, "type").lower(), text_of(component, "sub_type").lower()
        values = [_parameter(value) for value in _list(_get(component, "parameters"))]
        if kind == "body" and not known:
            shown["parameters"] = values
        elif kind == "header":
            shown["header"] = _filled(shown.get("header", ""), values)
        elif kind == "button" and sub_type == "quick_reply" and values:
            if replies < len(shown["choices"]):
                shown["choices"][replies]["id"] = values[0]
            replies += 1
    return shown


def _filled(header: str, values: list[str]) -> str:
    return re.sub(r"\{\{\w+\}\}", lambda _: values[0] if values else "", header) if header else ", ".join(values)


def _parameter(value: Any) -> str:
    kind = text_of(value, "type")
    inner = _get(value, kind)
    words = inner if isinstance(inner, str) else text_of(inner, "fallback_value") or text_of(inner, "name")
    named = text_of(value, "parameter_name")
    return f"{named}: {words or f'[{kind}]'}" if named else words or f"[{kind}]"


def text_of(holder: Any, name: str) -> str:
    """A field's text; `""` where there is none."""
    value = _get(holder, name)
    return value if isinstance(value, str) else ""


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, Mapping) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _present(holder: Any, names: Sequence[str]) -> Json:
    return {name: value for name in names if (value := _get(holder, name)) is not None}

"""The shapes of an engine: a message in webhooks and chats, the library's own object in `_data`, and answers.

Source: WAHA's documentation, its schema, and bodies of each engine, read 2026.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from turnkeeper.testing.fake_waha.core import VERSION
from turnkeeper.testing.fake_waha.messages import ACKS, Group, Identity, Message

if TYPE_CHECKING:
    from turnkeeper.testing.fake_waha.behaviour import Engine
    from turnkeeper.testing.fake_waha.core import Json

_CONTENT = {
    "image": "imageMessage", "video": "videoMessage", "voice": "audioMessage", "audio": "audioMessage",
    "document": "documentMessage", "sticker": "stickerMessage",
}  # fmt: skip
_WEB_TYPES = {"text": "chat", "voice": "ptt", "contacts": "vcard"}


def environment(engine: Engine) -> Json:
    """What an event tells of the server."""
    browser = "/usr/bin/chromium" if engine == "WEBJS" else None
    return {"version": VERSION, "engine": engine, "tier": "CORE", "browser": browser, "platform": "linux/x64"}


def message(said: Message, me: Identity, engine: Engine, media: Json | None) -> Json:
    """A WAMessage. `media`: its file as it is told; None: it has none, or it was not fetched."""
    chat = said.chat.chat_id(engine)
    mine = me.chat_id("WEBJS")
    told: Json = {
        "id": said.id(engine),
        "timestamp": int(said.at),
        "from": mine if said.from_me and engine == "WEBJS" else chat,
        "fromMe": said.from_me,
        "source": said.source,
        "body": said.body,
        "to": _to(said, chat, mine, engine),
        "participant": _participant(said, engine),
        "hasMedia": said.file is not None,
        "media": media,
        "ack": said.ack,
        "ackName": ACKS[said.ack],
        "location": said.location,
        "vCards": said.cards if said.cards is not None else ([] if engine == "WEBJS" else None),
        "replyTo": {"id": said.quotes, "participant": None, "body": "…"} if said.quotes else None,
        "_data": _DATA[engine](said, me),
    }
    if engine == "WEBJS":  # leaves out what the others tell to be nothing
        told = {name: value for name, value in told.items() if value is not None}
    return told


def _to(said: Message, chat: str, mine: str, engine: Engine) -> str | None:
    if engine == "WEBJS":
        return chat if said.from_me else mine
    return _participant(said, engine) if engine == "GOWS" else None


def _participant(said: Message, engine: Engine) -> str | None:
    return said.person.chat_id(engine) if isinstance(said.chat, Group) and said.person is not None else None


def ack(said: Message, me: Identity, engine: Engine, level: int, reader: Identity) -> Json:
    """How far a message of ours came; in a group, with one of its members."""
    told = message(said, me, engine, None)
    told |= {"ack": level, "ackName": ACKS[level], "_data": {}}
    if isinstance(said.chat, Group):
        told["participant"] = reader.chat_id(engine)
    kept = ("id", "from", "to", "participant", "fromMe", "ack", "ackName", "_data")
    return {name: told[name] for name in kept if name in told}


def answer(said: Message, me: Identity, engine: Engine) -> Json:
    """What a send is answered with: each library's own object."""
    if engine == "GOWS":
        return {"id": said.id(engine), "_data": _gows(said, me)}
    if engine == "NOWEB":
        return {**_noweb(said, me), "status": "PENDING"}
    return {"_data": _webjs(said, me), "id": _webjs(said, me)["id"], "ack": 0, "body": said.body, "fromMe": True}


def _webjs(said: Message, me: Identity) -> Json:
    whole = said.id("WEBJS")
    known = {"fromMe": said.from_me, "remote": said.chat.chat_id("WEBJS"), "id": said.key, "_serialized": whole}
    name = said.person.name if said.person and not said.from_me else me.name
    kind = _WEB_TYPES.get(said.kind, said.kind)
    return {"id": known, "body": said.body, "type": kind, "t": int(said.at), "notifyName": name}


def _noweb(said: Message, me: Identity) -> Json:
    key: Json = {"remoteJid": said.chat.jid("NOWEB"), "fromMe": said.from_me, "id": said.key}
    if isinstance(said.chat, Group) and said.person is not None and not said.from_me:
        key["participant"] = said.person.jid("NOWEB")
        if other := said.person.other_jid("NOWEB"):
            key["participantAlt"] = other
    elif isinstance(said.chat, Identity) and (other := said.chat.other_jid("NOWEB")):
        key["remoteJidAlt"] = other
    name = said.person.name if said.person and not said.from_me else me.name
    return {"key": key, "messageTimestamp": int(said.at), "pushName": name, "message": _content(said)}


def _gows(said: Message, me: Identity) -> Json:
    writer = me if said.from_me or said.person is None else said.person
    other = writer.other_jid("GOWS") or ""
    info = {
        "Chat": said.chat.jid("GOWS"),
        "Sender": writer.jid("GOWS"),
        "IsFromMe": said.from_me,
        "IsGroup": isinstance(said.chat, Group),
        "AddressingMode": "",
        "SenderAlt": other,
        "RecipientAlt": (said.person.other_jid("GOWS") or "") if said.from_me and said.person else "",
        "ID": said.key,
        "Type": "text" if said.file is None else "media",
        "PushName": writer.name,
        "Timestamp": dt.datetime.fromtimestamp(int(said.at), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {"Info": info, "Message": _content(said), "IsEdit": False, "Status": said.ack + 1}


def _content(said: Message) -> Json:
    """The protocol's own message, of which the two newer engines show the parts."""
    if said.file is not None:
        part: Json = {"mimetype": said.file.mime, "fileLength": str(len(said.file.data))}
        part |= {"caption": said.body} if said.body else {}
        part |= {"ptt": said.kind == "voice"} if "audio" in said.file.mime else {}
        return {_CONTENT[said.kind]: part}
    if said.location is not None:
        place = said.location
        return {"locationMessage": {"degreesLatitude": place["latitude"], "degreesLongitude": place["longitude"]}}
    if said.quotes:
        return {"extendedTextMessage": {"text": said.body, "contextInfo": {"stanzaId": said.quotes}}}
    return {"conversation": said.body}


_DATA = {"WEBJS": _webjs, "NOWEB": _noweb, "GOWS": _gows}

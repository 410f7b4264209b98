"""A message as a person sends one: read what came, type for a while, send. Calls as values.

Source: WAHA's advice against being blocked, read 2026. Only the last call counts: what goes wrong before it costs
nobody a message. All calls together stay within the send's limit, so that nobody else sends it meanwhile.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause
from turnkeeper.channels.json_values import read_object
from turnkeeper.channels.waha.bodies import NoFile, Said, said
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.ids import chat_of, key_for
from turnkeeper.channels.waha.outcomes import outcome_of
from turnkeeper.model.contents import Reaction, Sayable, VoiceNote, files_of, words_of
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown

_MARGIN = 0.9
_COURTESY = 1 / 15
_TYPING = 1 / 6
"""Parts of the send's limit: all of it that is used, each call that only shows something, the typing."""
_FIRST = 0.8
_PER_LETTER = 1 / 30
_FILE = 2.0
"""Seconds of typing: before the first letter, for each, and for a file."""
_encode = msgspec.json.Encoder().encode


def send(outbound: Outbound, config: WahaConfig) -> Calls[Outcome]:
    """Send one message."""
    chat = chat_of(outbound.addresses)
    if chat is None:
        return Rejected("no_address", "the contact has no WhatsApp address")
    try:
        what = said(outbound)
    except NoFile as missing:
        return Rejected("no_file", f"WAHA has no way to get the file {missing}: set server.public_url", "operator")
    if what is None:
        return Rejected("not_supported", "WhatsApp through WAHA has no such message")
    if isinstance(outbound.content, Reaction):
        return _reacted((yield _call(what, outbound, chat, config, 0.0)), config)
    spent = _courtesy(config)
    seen = yield config.post("api/sendSeen", {"chatId": chat}, spent)
    if seen.failure == "not_connected":
        return outcome_of(seen, config)
    if config.typing is not None and _went_well(seen):
        pause = typing_time(outbound.content, min(config.typing, config.send_limit * _TYPING))
        spent += pause + 2 * _courtesy(config)
        yield from _type(outbound.content, chat, pause, config)
    return outcome_of((yield _call(what, outbound, chat, config, spent)), config)


def _call(what: Said, outbound: Outbound, chat: str, config: WahaConfig, spent: float) -> HttpCall:
    """With what is left of the time."""
    body = {"session": config.session, **({} if what.method == "PUT" else {"chatId": chat}), **what.body}
    if what.takes_id:
        body["id"] = key_of(outbound)
    left = config.send_limit * _MARGIN - spent
    return HttpCall(what.method, config.url(what.path), config.headers(), body, left)


def _courtesy(config: WahaConfig) -> float:
    return min(3.0, config.send_limit * _COURTESY)


def key_of(outbound: Outbound) -> str:
    """The key that its message has, where the engine lets us choose."""
    return key_for(outbound.tracker, _encode(outbound.content))


def _type(content: Sayable, chat: str, pause: float, config: WahaConfig) -> Calls[None]:
    spoken = isinstance(content, VoiceNote)
    started = yield _presence(chat, config, "recording" if spoken else "typing")
    if not _went_well(started):
        return
    yield Pause(pause)
    yield _presence(chat, config, "paused" if spoken else "stopped")


def _presence(chat: str, config: WahaConfig, state: str) -> HttpCall:
    if state in ("typing", "stopped"):
        path = "api/startTyping" if state == "typing" else "api/stopTyping"
        return config.post(path, {"chatId": chat}, _courtesy(config))
    body = {"chatId": chat, "presence": state}
    return HttpCall("POST", config.url(config.at_session("presence")), config.headers(), body, _courtesy(config))


def _went_well(reply: HttpReply) -> bool:
    return reply.failure is None and reply.status < 400


def typing_time(content: Sayable, longest: float) -> float:
    """Seconds for which somebody would write this."""
    return min(longest, _FILE if files_of(content) else _FIRST + len(words_of(content)) * _PER_LETTER)


def _reacted(reply: HttpReply, config: WahaConfig) -> Outcome:
    """The same emoji twice is one emoji, so that nothing is unknown; not every engine names what it sent."""
    outcome = outcome_of(reply, config)
    if isinstance(outcome, Unknown):
        taken = reply.failure is None and 200 <= reply.status < 300
        return Accepted(None) if taken and read_object(reply.body) is not None else NotSent(outcome.reason, limit=3)
    return outcome


def show_typing(addresses: tuple[str, ...], config: WahaConfig) -> Calls[None]:
    """While an answer is being thought of: read, and typing until something is sent."""
    chat = chat_of(addresses)
    if chat is None:
        return
    seen = yield config.post("api/sendSeen", {"chatId": chat}, _courtesy(config))
    if not _went_well(seen):
        return
    if config.watch_typing:
        path = config.at_session(f"presence/{quote(chat, safe='')}/subscribe")
        yield HttpCall("POST", config.url(path), config.headers(), timeout=_courtesy(config))
    if config.typing is not None:
        yield config.post("api/startTyping", {"chatId": chat}, _courtesy(config))

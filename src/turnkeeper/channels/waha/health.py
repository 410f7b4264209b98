"""Which link between us and a session is broken, and registering the webhook.

Source: WAHA's documentation of sessions and webhooks, read 2026. One GET tells all; WAHA's call that lists its
environment is never made, since that holds secrets.
"""

from __future__ import annotations

from turnkeeper.channels.answers import trouble, unreachable
from turnkeeper.channels.base import Calls, Finding, HttpCall, HttpReply
from turnkeeper.channels.json_values import Item, listing, mapping, read_object, text
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.outcomes import words_of
from turnkeeper.channels.waha.sessions import NO_SESSION, session_status

_EVENTS = (
    "message.any", "message.ack", "message.ack.group", "message.reaction", "message.edited", "message.revoked",
    "session.status", "poll.vote", "call.received",
)  # fmt: skip
_NEW_EVENTS = frozenset({"message.ack.group"})
"""Those that an older server does not know, and refuses (before 2025.12)."""
_RETRIES = {"policy": "exponential", "delaySeconds": 2, "attempts": 15}
"""Its own setting gives up after 30 s; this one after most of a day."""


def events_for(config: WahaConfig) -> tuple[str, ...]:
    """The events that a webhook of ours asks for."""
    return (*_EVENTS, "presence.update") if config.watch_typing else _EVENTS


def health(config: WahaConfig) -> Calls[list[Finding]]:
    """A finding for each link: server, key, session, webhook, events. A broken one may hide the next."""
    reply = yield config.get(f"api/sessions/{config.session}")
    body = None if reply.failure else read_object(reply.body)
    if body is None:
        return [_unreachable(reply)]
    found = [Finding("server", True, "WAHA answers")]
    if reply.status in (401, 403):
        mend = "Set api_key to what WAHA was started with (WAHA_API_KEY), or to a key of this session."
        return [*found, Finding("key", False, f"the key is refused: {words_of(reply, config)}", mend)]
    found.append(Finding("key", True, "the key is accepted"))
    if reply.status == 404:
        state = session_status(NO_SESSION, config.session, config.base_url)
        return [*found, Finding("session", False, f"there is no session {config.session}", state.mend)]
    if not 200 <= reply.status < 300:
        mend = "Look at WAHA's log."
        return [*found, Finding("session", False, f"it cannot be asked for: {words_of(reply, config)}", mend)]
    return [*found, _session(body, config), *_webhook(_hooks(mapping(body.get("config")) or {}), config)]


def _unreachable(reply: HttpReply) -> Finding:
    return unreachable(reply, "WAHA", "Check base_url, and that this machine can reach the server.", "server")


def _session(body: Item, config: WahaConfig) -> Finding:
    state = session_status(text(body.get("status")) or "UNKNOWN", config.session, config.base_url)
    me = mapping(body.get("me")) or {}
    shown = f" ({name})" if (name := text(me.get("pushName"))) else ""
    return Finding("session", state.works, f"session {config.session}{shown} is {state.status}", state.mend)


def _hooks(session_config: Item) -> list[Item]:
    return [each for each in listing(session_config.get("webhooks")) or () if isinstance(each, dict)]


def _webhook(hooks: list[Item], config: WahaConfig) -> list[Finding]:
    """Addresses hold secrets, so that no detail shows them."""
    urls = tuple(url for hook in hooks if (url := text(hook.get("url"))))
    if not urls:
        detail = "the session has no webhook (those of WHATSAPP_HOOK_URL are not shown)"
        return [Finding("webhook", False, detail, "Register it: `turnkeeper channel connect NAME`.", urls)]
    found = [Finding("webhook", True, f"the session has {len(urls)} webhook(s)", registered=urls)]
    asked = {event for hook in hooks for event in map(text, listing(hook.get("events")) or ()) if event}
    if "message" in asked:
        asked.add("message.any")
    lacking = [] if "*" in asked else [event for event in events_for(config) if event not in asked - _NEW_EVENTS]
    lacking = [event for event in lacking if event not in _NEW_EVENTS]
    if lacking:
        mend = "Ask for them: `turnkeeper channel connect NAME`."
        return [*found, Finding("events", False, f"the webhook does not ask for {', '.join(lacking)}", mend)]
    return [*found, Finding("events", True, "the webhook asks for every event that is used")]


def connect(url: str, config: WahaConfig) -> Calls[list[Finding]]:
    """Register a webhook beside those of others, everything else left as it is; makes the session if there is none."""
    reply = yield config.get(f"api/sessions/{config.session}")
    body = None if reply.failure else read_object(reply.body)
    if body is None:
        return [_unreachable(reply)]
    there = 200 <= reply.status < 300
    if not there and reply.status != 404:
        return _registered(reply, url, config)
    given = (mapping(body.get("config")) or {}) if there else {}
    others = [hook for hook in _hooks(given) if hook.get("url") != url]
    for events in (events_for(config), tuple(each for each in events_for(config) if each not in _NEW_EVENTS)):
        hook = _hook(url, events, config)
        if there and _is_there(hook, _hooks(given)):
            return [Finding("webhook", True, "the webhook is registered already", registered=(url,))]
        reply = yield _put({**given, "webhooks": [*others, hook]}, config, there=there)
        if reply.status != 400:
            break
    return _registered(reply, url, config)


def _hook(url: str, events: tuple[str, ...], config: WahaConfig) -> Item:
    hmac = {"hmac": {"key": config.hmac_key}} if config.hmac_key else {}
    return {"url": url, "events": list(events), **hmac, "retries": _RETRIES}


def _is_there(hook: Item, hooks: list[Item]) -> bool:
    """A session that works is not restarted for nothing."""
    return any(all(known.get(name) == value for name, value in hook.items()) for known in hooks)


def _put(session_config: Item, config: WahaConfig, *, there: bool) -> HttpCall:
    if there:
        url = config.url(f"api/sessions/{config.session}")
        return HttpCall("PUT", url, config.headers(), {"config": session_config}, 60.0)
    body = {"name": config.session, "start": True, "config": session_config}
    return HttpCall("POST", config.url("api/sessions"), config.headers(), body, 60.0)


def _registered(reply: HttpReply, url: str, config: WahaConfig) -> list[Finding]:
    if reply.failure is None and 200 <= reply.status < 300:
        return [Finding("webhook", True, "the webhook is registered; the session restarts", registered=(url,))]
    told = trouble(reply) if reply.failure else words_of(reply, config)
    if reply.status in (401, 403):
        return [Finding("key", False, f"the key is refused: {told}", "Set api_key to a key that may change sessions.")]
    mend = "Register it by hand in WAHA's dashboard: docs/channels/waha.md says what with."
    return [Finding("webhook", False, f"WAHA did not take the webhook: {told}", mend)]

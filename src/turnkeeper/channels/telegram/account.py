"""A bot's link to Telegram: its health, its webhook, long polling.

Source: core.telegram.org/bots/api (getMe, setWebhook, getWebhookInfo, getUpdates), read 2026.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from turnkeeper.channels.answers import hidden, unreachable
from turnkeeper.channels.base import Calls, Finding, NotThisProvider, Polled
from turnkeeper.channels.json_values import Item, listing, text, whole
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.channels.telegram.outcomes import Answer, outcome_of
from turnkeeper.channels.telegram.parse import ALLOWED_UPDATES, is_press, next_offset, parse_body
from turnkeeper.channels.telegram.people import account_of
from turnkeeper.model.events import Inbound
from turnkeeper.model.outbound import NotSent, Rejected

POLL_WAIT: Final = 25
"""Seconds that Telegram waits for something to tell."""
_POLL_LIMIT = POLL_WAIT + 10.0
_ANSWER_LIMIT = 3.0
_AT_ONCE: Final = 40
"""Webhooks that Telegram may have under way to us; its own default."""
_PUBLIC = "https://api.telegram.org"
_PORTS = (443, 80, 88, 8443)
_COPY_AGAIN = "Copy the token from @BotFather again (/token), and set it."
_CONNECT = "Run `turnkeeper channel connect` for this channel."


def health(config: TelegramConfig) -> Calls[list[Finding]]:
    """A finding for each link: api, token, webhook (or polling), events. A broken one may hide the next."""
    answer = Answer((yield config.call("getMe", {})))
    if answer.body is None:
        return [_unreachable(answer)]
    found = [Finding("api", True, "the Bot API answers")]
    if not answer.ok:
        return [*found, Finding("token", False, f"the token is refused: {answer.told(config.secrets)}", _COPY_AGAIN)]
    name = hidden(text(answer.result.get("username")) or config.bot_id, *config.secrets)
    found.append(Finding("token", True, f"@{name} is known"))
    if config.username and config.username.lower() != name.lower():
        mend = f'Set username = "{name}".'
        found.append(Finding("username", False, f"the bot is called @{name}, not @{config.username}", mend))
    answer = Answer((yield config.call("getWebhookInfo", {})))
    if not answer.ok:
        detail = f"the webhook cannot be read: {answer.told(config.secrets)}"
        return [*found, Finding("webhook", False, detail, "Try again; see whether Telegram has a fault.")]
    return [*found, *(_polled(answer.result) if config.updates == "polling" else _hooked(answer.result))]


def _unreachable(answer: Answer) -> Finding:
    return unreachable(answer.reply, "the Bot API", "Check api_base, and that this machine can reach the address.")


def _polled(info: Item) -> list[Finding]:
    url = text(info.get("url"))
    if url:
        detail = f"updates go to a webhook ({shown(url)}), so that none can be fetched"
        return [Finding("webhook", False, detail, f"{_CONNECT} It takes the webhook away.")]
    return [Finding("webhook", True, f"none is set: {_waiting(info)}, updates are fetched")]


def _hooked(info: Item) -> list[Finding]:
    url = text(info.get("url"))
    if not url:
        return [Finding("webhook", False, "Telegram has no address to send updates to", _CONNECT, registered=())]
    detail = f"updates go to {shown(url)}, {_waiting(info)}"
    trouble = text(info.get("last_error_message"))
    waiting = whole(info.get("pending_update_count"), 10**12) or 0
    if trouble and waiting:
        mend = "Check that the address is public, with a certificate that is trusted, and the secret_token."
        failed = f"{detail}; the last one failed: {trouble[:200]}"
        return [Finding("webhook", False, failed, mend, registered=(url,)), _asked_for(info)]
    return [Finding("webhook", True, detail, registered=(url,)), _asked_for(info)]


def _waiting(info: Item) -> str:
    return f"{whole(info.get('pending_update_count'), 10**12) or 0} waiting"


def _asked_for(info: Item) -> Finding:
    asked = listing(info.get("allowed_updates"))
    missing = [name for name in ALLOWED_UPDATES if asked is None or name not in asked]
    if missing:
        return Finding("events", False, f"not asked for: {', '.join(missing)}", _CONNECT)
    return Finding("events", True, "every kind of update is asked for")


def shown(url: str) -> str:
    """An address as it may be shown: without what stands behind a question mark."""
    return url.partition("?")[0][:300]


def connect(url: str, config: TelegramConfig) -> Calls[list[Finding]]:
    """Set the webhook; where updates are fetched, take it away. Updates that wait are kept."""
    if config.updates == "polling":
        answer = Answer((yield config.call("deleteWebhook", {"drop_pending_updates": False})))
        detail = "there is no webhook: updates are fetched"
    else:
        if config.api_base.rstrip("/") == _PUBLIC and (problem := _problem_of(url)) is not None:
            return [Finding("webhook", False, problem, "Telegram wants https on port 443, 80, 88 or 8443.")]
        fields = {
            "url": url,
            "secret_token": config.secret_token,
            "allowed_updates": list(ALLOWED_UPDATES),
            "max_connections": _AT_ONCE,
        }
        answer = Answer((yield config.call("setWebhook", fields)))
        detail = f"updates go to {shown(url)}"
    if answer.ok:
        return [Finding("webhook", True, detail)]
    if answer.body is None:
        return [_unreachable(answer)]
    if answer.code in (401, 404):
        return [Finding("token", False, f"the token is refused: {answer.told(config.secrets)}", _COPY_AGAIN)]
    mend = "Check server.public_url: Telegram must reach it, with a certificate that is trusted."
    return [Finding("webhook", False, f"Telegram does not take the address: {answer.told(config.secrets)}", mend)]


def _problem_of(url: str) -> str | None:
    """What Telegram would refuse; a Bot API server of one's own calls any address."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return f"{shown(url)} is no address"
    if parts.scheme != "https":
        return f"{shown(url)} is not https"
    return None if port in _PORTS else f"Telegram does not call port {port}"


def poll(offset: int | None, config: TelegramConfig) -> Calls[Polled | NotSent | Rejected]:
    """Wait for updates; presses among them are answered at once."""
    fields: Item = {"timeout": POLL_WAIT, "allowed_updates": list(ALLOWED_UPDATES)}
    if offset is not None:
        fields["offset"] = offset
    answer = Answer((yield config.call("getUpdates", fields, timeout=_POLL_LIMIT)))
    if not answer.ok:
        return _no_updates(answer, config)
    account = account_of(config.token, config.username)
    try:
        received = parse_body(answer.reply.body, account)
    except NotThisProvider:
        return NotSent("Telegram's answer could not be understood")
    for each in received:
        if isinstance(each, Inbound) and is_press(each):
            yield config.call("answerCallbackQuery", {"callback_query_id": each.message_id}, timeout=_ANSWER_LIMIT)
    return Polled(received, next_offset(answer.reply.body) or offset)


def _no_updates(answer: Answer, config: TelegramConfig) -> NotSent | Rejected:
    """Nothing is lost by asking again."""
    told = answer.told(config.secrets)
    if answer.refused and answer.code == 409:
        if "webhook" in answer.words:
            return Rejected("409", f"the bot has a webhook: no updates can be fetched ({told}). {_CONNECT}", "operator")
        reason = f"something else fetches this bot's updates ({told}). Stop it, or make a new token with @BotFather."
        return Rejected("409", reason, "operator")
    outcome = outcome_of(answer, config.secrets)
    if isinstance(outcome, Rejected):
        return outcome
    wait = outcome.retry_after if isinstance(outcome, NotSent) else None
    return NotSent(getattr(outcome, "reason", "Telegram did not answer"), wait, code=getattr(outcome, "code", None))

"""Which link of a Cloud API set-up is broken, found with two harmless GETs."""

from __future__ import annotations

from collections.abc import Mapping

from turnkeeper.channels.answers import trouble, unreachable
from turnkeeper.channels.base import Calls, Finding, HttpCall, HttpReply
from turnkeeper.channels.json_values import Item, listing, mapping, read_object, text
from turnkeeper.channels.whatsapp_cloud import webhook
from turnkeeper.channels.whatsapp_cloud.errors import describe

_FIELDS = f"id,display_phone_number,verified_name,status,quality_rating,health_status,{webhook.FIELD}"
_NO_TOKEN = ("0", "190")


def health(*, number_url: str, apps_url: str, headers: Mapping[str, str], secret: str) -> Calls[list[Finding]]:
    """A finding for each link: api, token, number, subscription. A broken one may hide the next."""
    reply = yield HttpCall("GET", f"{number_url}?fields={_FIELDS}", headers)
    body = None if reply.failure else read_object(reply.body)
    if body is None:
        return [_unreachable(reply)]
    found = [Finding("api", True, "the Graph API answers")]
    error = mapping(body.get("error"))
    code = text(error.get("code")) if error else None
    if code in _NO_TOKEN or reply.status == 401:
        return [*found, _dead_token(error or {}, secret)]
    found.append(Finding("token", True, "the access token is accepted"))
    found.append(_number_refused(error, secret) if error else _number(body))
    reply = yield HttpCall("GET", apps_url, headers)
    return [*found, _subscription(reply, secret)]


def _unreachable(reply: HttpReply) -> Finding:
    mend = "Check api_base and api_version, and that this machine can reach the address."
    return unreachable(reply, "the Graph API", mend)


def _dead_token(error: Item, secret: str) -> Finding:
    mend = "Make a new system-user token with whatsapp_business_messaging and set access_token."
    return Finding("token", False, f"the access token is refused: {describe(error, secret)}", mend)


def _number_refused(error: Item, secret: str) -> Finding:
    detail = f"the phone number cannot be read: {describe(error, secret)}"
    mend = "Check phone_number_id (not the phone number) and that the token may use its account."
    return Finding("number", False, detail, mend)


def _number(body: Item) -> Finding:
    shown = text(body.get("display_phone_number")) or "the number"
    status = text(body.get("status")) or "unknown"
    if status != "CONNECTED":
        mend = "Register the number with the Cloud API (POST /{phone_number_id}/register)."
        return Finding("number", False, f"{shown} is {status}, not CONNECTED", mend)
    state = mapping(body.get("health_status")) or {}
    if state.get("can_send_message") == "BLOCKED":
        return Finding("number", False, f"{shown} may not send", _blocked_mend(state))
    return Finding("number", True, f"{shown} is CONNECTED", registered=webhook.registered(body))


def _blocked_mend(state: Item) -> str:
    """Meta names a solution for each thing that blocks."""
    told = []
    for entity in listing(state.get("entities")) or ():
        errors = listing(entity.get("errors")) if isinstance(entity, dict) else None
        for error in errors or ():
            solution = error.get("possible_solution") if isinstance(error, dict) else None
            told.append(text(solution) or "")
    return " ".join(dict.fromkeys(one for one in told if one)) or "See WhatsApp Manager."


def _subscription(reply: HttpReply, secret: str) -> Finding:
    link = "subscription"
    body = None if reply.failure else read_object(reply.body)
    apps = listing(body.get("data")) if body else None
    if apps is None:
        error = mapping(body.get("error")) if body else None
        detail = describe(error, secret) if error else trouble(reply)
        mend = "Check waba_id and that the token has whatsapp_business_management."
        return Finding(link, False, f"the account's apps cannot be read: {detail}", mend)
    if not apps:
        mend = "Subscribe the app: `turnkeeper channel connect` does it, or POST /{waba_id}/subscribed_apps."
        return Finding(link, False, "no app gets the account's webhooks", mend)
    names = [_app_name(app) for app in apps]
    return Finding(link, True, f"webhooks go to {', '.join(names)}")


def _app_name(app: object) -> str:
    data = mapping(app.get("whatsapp_business_api_data")) if isinstance(app, dict) else None
    return (text(data.get("name")) or text(data.get("id")) if data else None) or "an app"

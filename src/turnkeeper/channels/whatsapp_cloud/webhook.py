"""Where Meta sends a number's webhooks: asked, and set, for this number alone.

The app's own address, in its dashboard, counts for numbers that have none of their own. Which fields are sent is
chosen in the dashboard and can be neither read nor set from here.
Source: Meta's reference, "Webhook overrides", read 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from turnkeeper.channels.answers import hidden, trouble
from turnkeeper.channels.base import Calls, Finding, HttpCall, HttpReply
from turnkeeper.channels.json_values import Item, mapping, read_object, text
from turnkeeper.channels.whatsapp_cloud.errors import describe

FIELD: Final = "webhook_configuration"
"""The field of a number that tells where its webhooks go."""
_NARROWEST_FIRST = ("phone_number", "whatsapp_business_account", "application")
_LONGEST_URL = 200


def registered(number: Item) -> tuple[str, ...] | None:
    """Where a number's webhooks go now; None where Meta does not tell."""
    told = mapping(number.get(FIELD))
    if told is None:
        return None
    urls = [text(told.get(name)) for name in _NARROWEST_FIRST]
    return tuple(url for url in urls if url)[:1]


def connect(
    url: str, *, number_url: str, apps_url: str, headers: Mapping[str, str], token: str, verify_token: str
) -> Calls[list[Finding]]:
    """Subscribe the app to the account, then send this number's webhooks to `url`, which Meta checks at once."""
    if len(url) > _LONGEST_URL:
        mend = "Use a shorter server.public_url or channel name."
        return [Finding("webhook", False, f"the address is longer than {_LONGEST_URL} characters", mend)]
    secrets = (token, verify_token)
    reply = yield HttpCall("POST", apps_url, headers)
    if (problem := _problem(reply, secrets)) is not None:
        mend = "Check waba_id, and that the token has whatsapp_business_management."
        return [Finding("subscription", False, f"the app cannot be subscribed to the account: {problem}", mend)]
    found = [Finding("subscription", True, "the app is subscribed to the account")]
    asked = {FIELD: {"override_callback_uri": url, "verify_token": verify_token}}
    reply = yield HttpCall("POST", number_url, headers, asked)
    if (problem := _problem(reply, secrets)) is not None:
        mend = "Start the server, and check that Meta reaches server.public_url: it asks there before it agrees."
        return [*found, Finding("webhook", False, f"Meta does not take the address: {problem}", mend)]
    detail = "Meta has checked the address, and sends this number's webhooks there"
    fields = "in Meta's app dashboard, WhatsApp > Configuration, see that the field `messages` is subscribed"
    return [*found, Finding("webhook", True, detail, registered=(url,)), Finding("fields", True, fields)]


def _problem(reply: HttpReply, secrets: tuple[str, ...]) -> str | None:
    """Why it was not done; None: it was."""
    body = None if reply.failure else read_object(reply.body)
    if body is not None and body.get("success") is True:
        return None
    error = mapping(body.get("error")) if body else None
    if error is None:
        return trouble(reply)
    return hidden(describe(error, ""), *secrets) or trouble(reply)

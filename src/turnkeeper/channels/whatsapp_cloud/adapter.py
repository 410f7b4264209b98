"""WhatsApp through Meta's Cloud API: verify, parse, send, show typing. Values in, values out.

Sources: Meta's Cloud API and Graph API references, read 2026.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from turnkeeper.channels.base import (
    Calls,
    Capabilities,
    Fetched,
    Finding,
    Forbidden,
    HttpCall,
    Upload,
    Webhook,
)
from turnkeeper.channels.whatsapp_cloud import media, template_management, template_words, webhook
from turnkeeper.channels.whatsapp_cloud.bodies import NotUploaded, body_of
from turnkeeper.channels.whatsapp_cloud.errors import outcome_of
from turnkeeper.channels.whatsapp_cloud.health import health
from turnkeeper.channels.whatsapp_cloud.limits import LIMITS
from turnkeeper.channels.whatsapp_cloud.parse import parse_body
from turnkeeper.model.contents import Template
from turnkeeper.model.events import Media, Received
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import NotSent, Outbound, Outcome, Rejected
from turnkeeper.model.policy import RateLimit
from turnkeeper.model.templates import FoundTemplate, TemplateDraft

_SIGNED = "sha256="
_CHALLENGE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class WhatsAppCloudConfig:
    """One WhatsApp number. The secret is the app's: several numbers may share it."""

    phone_number_id: str
    waba_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    api_base: str = "https://graph.facebook.com"
    api_version: str = "v25.0"

    def url(self, path: str) -> str:
        """The address of a node or edge of the Graph API."""
        return f"{self.api_base.rstrip('/')}/{self.api_version}/{path}"

    def headers(self) -> dict[str, str]:
        """What authorizes a call."""
        return {"authorization": f"Bearer {self.access_token}"}


class WhatsAppCloud:
    """The ChannelAdapter of kind `whatsapp_cloud`."""

    kind: ClassVar[str] = "whatsapp_cloud"
    capabilities: ClassVar[Capabilities] = Capabilities(
        limits=LIMITS,
        markup="whatsapp",
        free_form_window=24 * 3600.0,
        entry_window=72 * 3600.0,
        window_codes=frozenset({"131047"}),
        opt_out_codes=frozenset({"131050"}),
        typing_refresh=20.0,
        typing_longest=300.0,
        tracks_sends=True,
        on_unknown="wait_then_resend",
        per_second=80.0,
        per_contact=RateLimit(45, 45 * 6.0),  # one in 6 s, of which 45 may be borrowed
        confirms="delivered",
        stale_uploads=media.STALE,
    )

    def verify(self, request: Webhook, config: WhatsAppCloudConfig) -> None:
        """Check `X-Hub-Signature-256` over the raw bytes; raises Forbidden."""
        given = request.headers.get("x-hub-signature-256", "")
        if not config.app_secret:  # anyone can sign with an empty secret
            raise Forbidden("the channel has no app secret")
        signature = hmac.digest(config.app_secret.encode(), request.body, "sha256").hex()
        expected = (_SIGNED + signature).encode()
        if not hmac.compare_digest(expected, given.encode("utf-8", "replace")):
            raise Forbidden("the signature is missing or wrong")

    def challenge(self, query: Mapping[str, str], config: WhatsAppCloudConfig) -> str:
        """The body that answers Meta's GET when the webhook is registered; raises Forbidden."""
        given = query.get("hub.verify_token", "").encode("utf-8", "replace")
        expected = config.verify_token.encode()
        known = bool(expected) and hmac.compare_digest(expected, given)
        if query.get("hub.mode") != "subscribe" or not known:
            raise Forbidden("the verify token is missing or wrong")
        challenge = query.get("hub.challenge", "")
        digits = challenge.isascii() and challenge.isdigit()
        if not digits or len(challenge) > _CHALLENGE_LENGTH:  # never echo what a browser could run
            raise Forbidden("the challenge is not a number")
        return challenge

    def parse(
        self,
        request: Webhook,
        config: WhatsAppCloudConfig,  # noqa: ARG002 - the port's
    ) -> list[Received]:
        """Every item of the body, in order; raises NotThisProvider.

        A body may be for many numbers: `account_id` says for which, and `config` has no part in it.
        """
        return parse_body(request.body)

    def send(self, outbound: Outbound, config: WhatsAppCloudConfig) -> Calls[Outcome]:
        """Send one message in one call; the tracker comes back in each of its statuses."""
        if not outbound.window_open and not isinstance(outbound.content, Template):
            reason = "the 24-hour window is closed: only a template may be sent"
            return Rejected("window_closed", reason, "use_template")
        recipient = _recipient(outbound.addresses)
        if recipient is None:
            return Rejected("no_address", "the contact has no WhatsApp address")
        try:
            said = body_of(outbound.content, outbound.uploads)
        except NotUploaded as missing:
            return Rejected("not_uploaded", f"the file {missing} was not uploaded")
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            **said,
            "biz_opaque_callback_data": outbound.tracker,
        }
        reply = yield self._post("messages", body, config)
        return outcome_of(reply, outbound.tries, config.access_token)

    def typing(
        self,
        addresses: tuple[str, ...],  # noqa: ARG002 - the port's
        message_id: str,
        config: WhatsAppCloudConfig,
    ) -> Calls[None]:
        """Mark `message_id` as read and show typing, for 25 s or until the answer."""
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            "typing_indicator": {"type": "text"},
        }
        yield self._post("messages", body, config)

    def fetch_media(self, file: Media, config: WhatsAppCloudConfig) -> Calls[Fetched]:
        """Find out where a file can be had, for the next five minutes."""
        return media.fetch(file, config.url(""), config.headers(), config.access_token)

    def upload(self, file: KeptFile, config: WhatsAppCloudConfig) -> Calls[Upload]:
        """Give Meta a file, to be sent by its id as often as wanted."""
        url = config.url(f"{config.phone_number_id}/media")
        return media.upload(file, url, config.headers(), config.access_token)

    def withdraw(self, media_id: str, config: WhatsAppCloudConfig) -> Calls[NotSent | Rejected | None]:
        """Have Meta delete a file that a person sent; else it does so by itself after 7 days."""
        return media.withdraw(media_id, config.url(""), config.headers(), config.access_token)

    def health(self, config: WhatsAppCloudConfig) -> Calls[list[Finding]]:
        """Each link between us and this number, for the doctor."""
        return health(
            number_url=config.url(config.phone_number_id),
            apps_url=config.url(f"{config.waba_id}/subscribed_apps"),
            headers=config.headers(),
            secret=config.access_token,
        )

    def connect(self, url: str, config: WhatsAppCloudConfig) -> Calls[list[Finding]]:
        """Have this number's webhooks sent to `url`."""
        return webhook.connect(
            url,
            number_url=config.url(config.phone_number_id),
            apps_url=config.url(f"{config.waba_id}/subscribed_apps"),
            headers=config.headers(),
            token=config.access_token,
            verify_token=config.verify_token,
        )

    def templates(self, config: WhatsAppCloudConfig) -> Calls[list[FoundTemplate] | NotSent | Rejected]:
        """Every template of the number's account."""
        return template_management.found_templates(_templates_url(config), config.headers(), config.access_token)

    def submit_template(
        self, draft: TemplateDraft, config: WhatsAppCloudConfig
    ) -> Calls[FoundTemplate | NotSent | Rejected]:
        """Have a template reviewed, which takes up to 24 hours."""
        return template_management.submit(draft, _templates_url(config), config.headers(), config.access_token)

    def edit_template(
        self, external_id: str, draft: TemplateDraft, config: WhatsAppCloudConfig
    ) -> Calls[FoundTemplate | NotSent | Rejected]:
        """Have another wording of a template reviewed; an approved one may change once a day, 10 times in 30 days."""
        url = config.url(external_id)
        return template_management.edit(draft, external_id, url, config.headers(), config.access_token)

    def why_not(self, status: str, reason: str | None) -> str:
        """Why a template is not sent, in words; "" for one that is."""
        return template_words.why(status, reason)

    def _post(self, edge: str, body: object, config: WhatsAppCloudConfig) -> HttpCall:
        url = config.url(f"{config.phone_number_id}/{edge}")
        return HttpCall("POST", url, config.headers(), body)


def _templates_url(config: WhatsAppCloudConfig) -> str:
    return config.url(f"{config.waba_id}/message_templates")


def _recipient(addresses: tuple[str, ...]) -> dict[str, str] | None:
    """A group, or a phone number if there is one (Meta prefers it too), else a business-scoped id."""
    found = dict(reversed([address.split(":", 1) for address in addresses if ":" in address]))
    if group := found.get("group"):
        return {"recipient_type": "group", "to": group}
    if phone := found.get("phone"):
        return {"to": f"+{phone}"}
    user = found.get("user") or found.get("parent")
    return {"recipient": user} if user else None

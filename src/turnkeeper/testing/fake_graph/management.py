"""The read side of the Graph API: a number's health, the app's subscription, the token.

A doctor command asks these; each can be broken on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.testing.fake_graph.checks import an_object, json_object
from turnkeeper.testing.fake_graph.errors import GraphError, parameter_error, unknown_object
from turnkeeper.testing.http import Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json

APP_ID = "3000000001"
LONGEST_CALLBACK = 200
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


class Management:
    """Change `token_expired`, `scopes`, `subscribed` or `health` to break a link of the set-up."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.app_id = APP_ID
        self.token_expired = False
        self.scopes = list(SCOPES)
        self.subscribed = core.subscribed
        self.health: dict[str, Json] = {}
        """Fields of a number that differ from a healthy one, by phone_number_id."""

    def answer(self, request: Request, object_id: str, edge: str | None) -> Reply:
        accounts = {number.waba_id for number in self._core.numbers.values()}
        match (request.method, object_id, edge):
            case ("GET", "debug_token", None):
                return self._debug_token(request)
            case ("GET", _, None) if object_id in self._core.numbers:
                fields = self._number(self._core.numbers[object_id])
                return Reply.json(200, _chosen(fields, request.query.get("fields")))
            case ("GET", _, "phone_numbers") if object_id in accounts:
                numbers = [n for n in self._core.numbers.values() if n.waba_id == object_id]
                chosen = request.query.get("fields")
                rows = [_chosen(self._number(number), chosen) for number in numbers]
                return Reply.json(200, {"data": rows})
            case ("GET", _, "subscribed_apps") if object_id in accounts:
                return Reply.json(200, {"data": self._apps(object_id)})
            case ("POST", _, "subscribed_apps") if object_id in accounts:
                self.subscribed.add(object_id)
                return Reply.json(200, {"success": True})
            case ("DELETE", _, "subscribed_apps") if object_id in accounts:
                self.subscribed.discard(object_id)
                return Reply.json(200, {"success": True})
        raise unknown_object(object_id, request.method)

    async def configure(self, request: Request, phone_number_id: str) -> Reply:
        """Send a number's webhooks elsewhere; first that address must answer the challenge. An empty one ends it."""
        asked = an_object(json_object(request.body).get("webhook_configuration"), "webhook_configuration")
        url, token = asked.get("override_callback_uri"), asked.get("verify_token")
        webhooks = self._core.webhooks
        if not url:
            webhooks.overrides.pop(phone_number_id, None)
            return Reply.json(200, {"success": True})
        if not isinstance(url, str) or not isinstance(token, str) or len(url) > LONGEST_CALLBACK:
            raise parameter_error("override_callback_uri and verify_token must be strings, the first up to 200 long.")
        verified = await webhooks.verify(token, url)
        if not verified.ok:
            raise GraphError(2200, message=f"Callback verification failed with the following errors: {verified.why}")
        webhooks.overrides[phone_number_id] = url
        return Reply.json(200, {"success": True})

    def _apps(self, waba_id: str) -> list[Json]:
        if waba_id not in self.subscribed:
            return []
        app = {"id": self.app_id, "name": "Test app", "link": "https://www.facebook.com/games/"}
        return [{"whatsapp_business_api_data": app}]

    def _number(self, number: FakeNumber) -> Json:
        return {
            "id": number.phone_number_id,
            "display_phone_number": number.display_phone_number,
            "verified_name": number.verified_name,
            "status": "CONNECTED",
            "quality_rating": "GREEN",
            "name_status": "APPROVED",
            "code_verification_status": "VERIFIED",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "webhook_configuration": {"application": self._core.webhooks.url, **self._override(number)},
            "health_status": {
                "can_send_message": "AVAILABLE",
                "entities": [
                    {
                        "entity_type": "PHONE_NUMBER",
                        "id": number.phone_number_id,
                        "can_send_message": "AVAILABLE",
                    },
                    {
                        "entity_type": "WABA",
                        "id": number.waba_id,
                        "can_send_message": "AVAILABLE",
                    },
                ],
            },
            **self.health.get(number.phone_number_id, {}),
        }

    def _override(self, number: FakeNumber) -> Json:
        url = self._core.webhooks.overrides.get(number.phone_number_id)
        return {"phone_number": url} if url else {}

    def _debug_token(self, request: Request) -> Reply:
        token = request.query.get("input_token")
        if not token:
            raise parameter_error("The parameter input_token is required.")
        if token != self._core.access_token:
            error = {"code": 190, "message": "Invalid OAuth access token.", "subcode": 0}
            return Reply.json(200, {"data": {"error": error, "is_valid": False, "scopes": []}})
        accounts = sorted({number.waba_id for number in self._core.numbers.values()})
        data = {
            "app_id": self.app_id,
            "type": "SYSTEM_USER",
            "application": "Test app",
            "expires_at": 0,
            "is_valid": True,
            "scopes": self.scopes,
            "granular_scopes": [{"scope": name, "target_ids": accounts} for name in self.scopes],
        }
        return Reply.json(200, {"data": data})


def _chosen(fields: Json, names: str | None) -> Json:
    """Meta always gives `id`, and a few fields when none are asked for."""
    wanted = (
        {name.split("{")[0] for name in names.split(",")}
        if names
        else {"verified_name", "code_verification_status", "display_phone_number", "quality_rating"}
    )
    return {name: value for name, value in fields.items() if name in wanted or name == "id"}

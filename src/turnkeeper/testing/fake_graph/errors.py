"""Meta's errors as the Graph API words them: code, HTTP status, body.

Source: Meta's Cloud API error reference; the HTTP status is 400 even for rate limits, and there is
no Retry-After. Whoever calls must decide on `error.code`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class KnownError:
    """One row of the error reference."""

    title: str
    status: int = 400
    details: str = ""


KNOWN: dict[int, KnownError] = {
    1: KnownError("API Unknown", 400, "Invalid request or possible server error."),
    2200: KnownError("Callback verification failed", 400),
    2: KnownError("API Service", 503, "Temporary due to downtime or due to being overloaded."),
    3: KnownError("API Method", 403, "Capability or permissions issue."),
    4: KnownError("Application request limit reached", 400, "The app has reached its API call rate limit."),
    10: KnownError("Permission Denied", 403, "Permission is either not granted or has been removed."),
    33: KnownError("Parameter value is not valid", 400, "The business phone number has been deleted."),
    100: KnownError(
        "Invalid parameter",
        400,
        "The request included one or more unsupported or misspelled parameters.",
    ),
    190: KnownError("Invalid OAuth access token - Cannot parse access token", 401),
    200: KnownError("API Permission", 403, "Permission is either not granted or has been removed."),
    368: KnownError("Temporarily blocked for policies violations", 403),
    80007: KnownError("Rate limit issues", 400, "The WhatsApp Business Account has reached its rate limit."),
    130429: KnownError("Rate limit hit", 400, "Message failed to send because there were too many messages sent."),
    130472: KnownError("User's number is part of an experiment", 400),
    130497: KnownError("Business account is restricted from messaging users in this country.", 403),
    131000: KnownError("Something went wrong", 500, "Message failed to send due to an unknown error."),
    131005: KnownError("Access denied", 403, "Permission is either not granted or has been removed."),
    131008: KnownError("Required parameter is missing", 400, "The request is missing a required parameter."),
    131009: KnownError("Parameter value is not valid", 400, "One or more parameter values are invalid."),
    131016: KnownError("Service unavailable", 503, "A service is temporarily unavailable."),
    131021: KnownError("Recipient cannot be sender", 400, "Sender and recipient phone number is the same."),
    131026: KnownError("Message undeliverable", 400, "Message Undeliverable."),
    131030: KnownError("Recipient phone number not in allowed list", 400, "Add the recipient to the allowed list."),
    131031: KnownError("Business Account locked", 403),
    131037: KnownError("WhatsApp provided number needs display name approval", 400),
    131042: KnownError("Business eligibility payment issue", 400),
    131045: KnownError("Incorrect certificate", 500, "Phone number registration error."),
    131047: KnownError(
        "Re-engagement message",
        400,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: KnownError("Spam rate limit hit", 400, "Too many previous messages were blocked or flagged as spam."),
    131049: KnownError("Meta chose not to deliver", 400, "Not delivered to maintain healthy ecosystem engagement."),
    131050: KnownError("User has stopped marketing messages", 400),
    131051: KnownError("Unsupported message type", 400, "Message type is currently not supported."),
    131052: KnownError("Media download error", 400, "Unable to download the media sent by the user."),
    131053: KnownError("Media upload error", 400, "Unable to upload the media used in the message."),
    131056: KnownError(
        "(Business Account, Consumer Account) pair rate limit hit",
        400,
        "Message failed to send because there were too many messages sent from this phone number "
        "to the same phone number in a short period of time.",
    ),
    131057: KnownError("Account in maintenance mode", 500, "Business Account is in maintenance mode."),
    131062: KnownError("Business-scoped user id is not accepted for this message", 400),
    131063: KnownError("Marketing templates are turned off for this account", 400),
    131064: KnownError("Template classification limit reached", 400),
    132000: KnownError("Number of parameters does not match the expected number of params", 400),
    132001: KnownError("Template name does not exist in the translation", 404),
    132005: KnownError("Translated text too long", 400),
    132007: KnownError("Template content violates a WhatsApp policy", 400),
    132008: KnownError("Template parameter value violated format policy", 400),
    132012: KnownError("Parameter format does not match format in the created template", 400),
    132015: KnownError("Template is paused", 400, "Template is paused due to low quality."),
    132016: KnownError("Template is disabled", 400, "Template is permanently disabled due to low quality."),
    132018: KnownError("There's an issue with the parameters in your template", 400),
    132068: KnownError("Flow is blocked", 400, "Flow is in blocked state."),
    132069: KnownError("Flow is throttled", 400, "Flow is in throttled state."),
    133004: KnownError("Server Temporarily Unavailable", 503),
    133010: KnownError("Phone number not registered", 400),
    135000: KnownError("Generic user error", 400, "Message failed to send because of an unknown error."),
    137000: KnownError("Identity hash mismatch", 400),
    2494100: KnownError("Account in maintenance mode", 500),
}

SUPPORT = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class GraphError(Exception):
    """A refusal. `code` is Meta's; the HTTP status comes from the table unless given."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        subcode: int | None = None,
        status: int | None = None,
        kind: str = "OAuthException",
    ) -> None:
        known = KNOWN.get(code, KnownError("Something went wrong"))
        super().__init__(f"({code}) {details or known.details or known.title}")
        self.code = code
        self.status = known.status if status is None else status
        self.title = known.title
        self.details = details or known.details or known.title
        self.message = message or (known.title if code == 190 else f"(#{code}) {known.title}")
        self.subcode = subcode
        self.kind = kind

    def body(self, trace: str) -> dict[str, Any]:
        """The JSON of the HTTP answer. `trace` is Meta's fbtrace_id."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code >= 130_000:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = trace
        return {"error": error}

    def in_status(self) -> dict[str, Any]:
        """The same error as an item of `statuses[].errors`."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": SUPPORT,
        }


def missing(parameter: str) -> GraphError:
    return GraphError(131008, f"Parameter '{parameter}' is mandatory.")


def invalid(parameter: str, why: str) -> GraphError:
    return GraphError(131009, f"Parameter '{parameter}' {why}.")


def parameter_error(details: str) -> GraphError:
    """Meta's own shape for a value it cannot use at all: code 100, the reason in the message."""
    return GraphError(100, details, message=f"(#100) {details}")


def unknown_object(object_id: str, method: str) -> GraphError:
    return GraphError(
        100,
        message=f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not "
        "exist, cannot be loaded due to missing permissions, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )

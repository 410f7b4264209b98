"""Bodies of the Cloud API, made for tests. Every name and number is invented."""

import hmac
import json
from typing import Any

from turnkeeper.channels.base import Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig

NUMBER_ID = "2000000001"
WABA_ID = "3000000001"
SECRET = "app-secret-of-the-tests"
TOKEN = "access-token-of-the-tests"
CONFIG = WhatsAppCloudConfig(NUMBER_ID, WABA_ID, TOKEN, SECRET, "verify-token-of-the-tests")

PHONE = "447700900123"
USER = "GB.8001122334455"
PARENT = "GB.ENT.9001122334455"
AT = 1_790_000_000

Json = Any


def body(*changes: Json) -> bytes:
    """A POST with these changes in one entry."""
    return dump(envelope(*changes))


def dump(value: Json) -> bytes:
    return json.dumps(value).encode()


def envelope(*changes: Json) -> Json:
    entry = {"id": WABA_ID, "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def change(field: str = "messages", /, **value: Json) -> Json:
    metadata = {"display_phone_number": "15550100", "phone_number_id": NUMBER_ID}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    return {"field": field, "value": value}


def messages(*items: Json, **value: Json) -> Json:
    return change(contacts=[contact()], messages=list(items), **value)


def contact(**more: Json) -> Json:
    return {"profile": {"name": "Noor"}, "wa_id": PHONE, "user_id": USER, **more}


def message(kind: str = "text", payload: Json = None, /, **more: Json) -> Json:
    """A message of this type; `payload` is the object named like it."""
    if kind == "text" and payload is None:
        payload = {"body": "Salam"}
    found = {"from": PHONE, "id": "wamid.1", "timestamp": str(AT), "type": kind}
    if payload is not None:
        found[kind] = payload
    return {**found, **more}


def status(state: str = "delivered", **more: Json) -> Json:
    return {
        "id": "wamid.9",
        "status": state,
        "timestamp": str(AT),
        "recipient_id": PHONE,
        "biz_opaque_callback_data": "tk1|default|c1|7",
        **more,
    }


def signature(raw: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, "sha256").hexdigest()


def signed(raw: bytes, secret: str = SECRET) -> Webhook:
    return Webhook({"x-hub-signature-256": signature(raw, secret)}, raw)

"""Bodies of WAHA, made for tests. Every name and number is invented."""

import hmac
import json
from typing import Any

from turnkeeper.channels.base import Webhook
from turnkeeper.channels.waha import WahaConfig

BASE = "http://waha.test:3000"
KEY = "key-of-the-tests"
HMAC = "hmac-key-of-the-tests"
SESSION = "shop"
CONFIG = WahaConfig(BASE, KEY, SESSION, HMAC)

PHONE = "447700900123"
CHAT = f"{PHONE}@c.us"
LID = "98765432109876"
LID_CHAT = f"{LID}@lid"
GROUP = "120363000000000001@g.us"
ME = "15550100@c.us"
MY_LID = "11112222333344@lid"
WORD = "3EB0A1B2C3D4E5F60718"
"""A message's key."""
ID = f"false_{CHAT}_{WORD}"
AT = 1_790_000_000

Json = Any

WEB_DATA: Json = {
    "id": {"fromMe": False, "remote": CHAT, "id": WORD, "_serialized": ID},
    "viewed": False, "body": "Salam", "type": "chat", "t": AT, "notifyName": "Noor", "from": CHAT, "to": ME, "ack": 1,
    "invis": False, "isNewMsg": True, "star": False, "kicNotified": False, "recvFresh": True, "isFromTemplate": False,
    "pollInvalidated": False, "isSentCagPollCreation": False, "latestEditMsgKey": None,
    "latestEditSenderTimestampMs": None, "mentionedJidList": [], "groupMentions": [], "isEventCanceled": False,
    "eventInvalidated": False, "isVcardOverMmsDocument": False, "isForwarded": False, "hasReaction": False,
    "ephemeralDuration": 0, "disappearingModeInitiator": "chat", "disappearingModeTrigger": "chat_settings",
    "productHeaderImageRejected": False, "lastPlaybackProgress": 0, "isDynamicReplyButtonsMsg": False,
    "isCarouselCard": False, "parentMsgId": None, "callSilenceReason": None, "isVideoCall": False,
    "callDuration": None, "callCreator": None, "callParticipants": None, "isMdHistoryMsg": False, "stickerSentTs": 0,
    "isAvatar": False, "lastUpdateFromServerTs": 0, "invokedBotWid": None, "bizBotType": None,
    "botResponseTargetId": None, "botPluginType": None, "requiresDirectConnection": False,
    "bizContentPlaceholderType": None, "hostedBizEncStateMismatch": False, "links": [],
}  # fmt: skip
"""What WEBJS adds of its own to each message, nearly all of it of no use to us."""


def event(name: str, payload: Json, /, **more: Json) -> Json:
    """An envelope of today's."""
    return {
        "id": "evt_01k000000000000000000000aa",
        "timestamp": AT * 1000 + 250,
        "event": name,
        "session": SESSION,
        "metadata": {},
        "me": {"id": ME, "pushName": "The shop", "lid": MY_LID, "jid": "15550100:7@s.whatsapp.net"},
        "payload": payload,
        "engine": "WEBJS",
        "environment": {"version": "2026.9.1", "engine": "WEBJS", "tier": "CORE", "browser": None},
        **more,
    }


def message(**more: Json) -> Json:
    """A payload of `message`."""
    return {
        "id": ID,
        "timestamp": AT,
        "from": CHAT,
        "fromMe": False,
        "source": "app",
        "to": ME,
        "participant": None,
        "body": "Salam",
        "hasMedia": False,
        "media": None,
        "ack": 1,
        "ackName": "SERVER",
        "location": None,
        "vCards": [],
        "replyTo": None,
        "_data": WEB_DATA,
        **more,
    }


def said(**more: Json) -> Json:
    """A whole body of `message`."""
    return event("message", message(**more))


def ack(**more: Json) -> Json:
    payload = {
        "id": f"true_{CHAT}_{WORD}", "from": ME, "to": CHAT, "participant": None, "fromMe": True, "ack": 2,
        "ackName": "DEVICE", "_data": {},
    }  # fmt: skip
    return event("message.ack", {**payload, **more})


def dump(value: Json) -> bytes:
    return json.dumps(value).encode()


def signature(raw: bytes, key: str = HMAC) -> str:
    return hmac.new(key.encode(), raw, "sha512").hexdigest()


def signed(raw: bytes, key: str = HMAC) -> Webhook:
    headers = {"x-webhook-hmac": signature(raw, key), "x-webhook-hmac-algorithm": "sha512"}
    return Webhook(headers, raw)

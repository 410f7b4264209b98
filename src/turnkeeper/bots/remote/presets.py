"""Backends that are known, as what one would write into the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ansari": {
        "style": "threads",
        "api_key_header": "X-Whatsapp-Api-Key",
        "session_ttl": 3 * 3_600.0,
        "answers": "text",
        "paths": {
            "exists": "GET /whatsapp/v2/users/exists?phone_num={user}",
            "register": "POST /whatsapp/v2/users/register",
            "last": "GET /whatsapp/v2/threads/last?phone_num={user}",
            "thread": "POST /whatsapp/v2/threads",
            "message": "POST /whatsapp/v2/messages/process",
        },
        "bodies": {
            "register": {"phone_num": "{user}", "preferred_language": "{language}"},
            "thread": {"phone_num": "{user}", "title": "{title}"},
            "message": {"phone_num": "{user}", "thread_id": "{thread_id}", "message": "{text}"},
        },
        "fields": {
            "exists": "exists",
            "user_id": "user_id",
            "thread_id": "thread_id",
            "last_thread_id": "thread_id",
            "last_at": "last_message_time",
        },
    },
}

"""What only PostgreSQL minds in what is sent: no text of it has a NUL, and its numbers end."""

from pathlib import Path

import pytest

from tests.web.two_workspaces import MINE, Request, two_workspaces
from turnkeeper.store.postgres.store import PostgresStore

CONVERSATION = "/api/v1/conversations/{conversation_id}"
NUL = {"conversation_id": "a\x00b"}


@pytest.mark.limit(30)
async def test_what_it_cannot_keep_is_not_there(tmp_path: Path, migrated_database: str) -> None:
    async with two_workspaces(tmp_path, lambda directory: PostgresStore(migrated_database, directory)) as site:
        found = {}
        for method, place in (
            ("GET", ""), ("GET", "/thread"), ("GET", "/turns"), ("POST", "/takeover"), ("POST", "/pause"),
            ("POST", "/give-back"), ("POST", "/notes"), ("POST", "/presence"), ("POST", "/seen"),
        ):  # fmt: skip
            body = b'{"id": "abcdefgh", "text": "x", "doing": "viewing"}'
            request = Request(method, f"{CONVERSATION}{place}", {}, {}, body)
            found[place or "/"] = (await site.send(request, MINE, NUL)).status
        assert found == dict.fromkeys(found, 404) | {"/turns": 200}
        for method, place, body in (
            ("GET", "/api/v1/contacts/{contact_id}", None),
            ("POST", "/api/v1/contacts/{contact_id}/erase", None),
            ("POST", "/api/v1/channels/{channel_id}/pause", b'{"reason": "a\\u0000b"}'),
        ):
            asked = {"contact_id": "a\x00b", "channel_id": site.ids[MINE]["channel_id"]}
            assert (await site.send(Request(method, place, {}, {}, body), MINE, asked)).status in (404, 422)
        search = "/api/v1/conversations/search"
        for after in ("9" * 18, "9223372036854775808", "9" * 19):
            said = await site.send(Request("GET", search, {}, {"words": "he\x00llo", "after": after}, None), MINE, {})
            assert said.status == (200 if len(after) < 19 else 422)

"""What servers of models and tools reply, unpacked within a bound."""

import gzip
from typing import Any

import httpx2
import pytest

from turnkeeper.llm import replies

PACKED = {"content-encoding": "gzip"}
CASES: list[tuple[str, bytes, dict[str, str], bytes | type[Exception]]] = [
    ("as it is", b"a" * 1_000, {}, b"a" * 1_000),
    ("packed", gzip.compress(b"a" * 1_000, mtime=0), PACKED, b"a" * 1_000),
    ("more after the end", gzip.compress(b"a", mtime=0) + b"more", PACKED, b"a"),
    ("too large", b"a" * 1_001, {}, httpx2.RemoteProtocolError),
    ("too large once it is unpacked", gzip.compress(b"a" * 10_000_000, mtime=0), PACKED, httpx2.RemoteProtocolError),
    ("said to be packed", b"not packed", PACKED, httpx2.DecodingError),
]


@pytest.mark.parametrize(("label", "body", "headers", "expected"), CASES)
async def test_a_reply_is_whole_or_an_error(
    label: str, body: bytes, headers: dict[str, str], expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "LARGEST", 1_000)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, stream=Body(body)))
    async with httpx2.AsyncClient(transport=transport, event_hooks={"response": [replies.limited]}) as client:
        if isinstance(expected, bytes):
            assert (await client.get("http://somewhere.test/")).content == expected
        else:
            with pytest.raises(expected):
                await client.get("http://somewhere.test/")


class Body(httpx2.AsyncByteStream):
    """Seven bytes at a time."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        for at in range(0, len(self._body), 7):
            yield self._body[at : at + 7]

    async def aclose(self) -> None: ...

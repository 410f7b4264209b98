"""As much of S3 as its clients need: objects, ranges, parts, deletions by the batch. Signatures are not checked."""

import itertools
import re
from typing import Any
from urllib.parse import parse_qs

from turnkeeper.web.asgi import Receive, Scope, Send


class TinyS3:
    """An ASGI app. `objects` by path, `calls` as they came; `down` answers everything with 503."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: list[tuple[str, str]] = []
        self.authorized: list[bool] = []
        self.down = False
        self._uploads: dict[str, dict[int, bytes]] = {}
        self._ids = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, query = scope["path"], parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = await _body(receive)
        self.calls.append((scope["method"], path))
        self.authorized.append(headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/"))
        if self.down:
            await _answer(send, 503, b"<Error><Code>ServiceUnavailable</Code></Error>")
            return
        await _answer(send, *self._play(scope["method"], path, query, headers, body))

    def _play(
        self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes, dict[str, str]]:
        if method == "POST" and "uploads" in query:
            upload = f"u{next(self._ids)}"
            self._uploads[upload] = {}
            told = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            return 200, told.encode(), {}
        if method == "PUT" and "partNumber" in query:
            self._uploads[query["uploadId"][0]][int(query["partNumber"][0])] = body
            return 200, b"", {"etag": '"part"'}
        if method == "POST" and "delete" in query:
            keys = [key.decode() for key in re.findall(rb"<Key>([^<]+)</Key>", body)]
            for key in keys:
                self.objects.pop(f"{path.rstrip('/')}/{key}", None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return 200, f"<DeleteResult>{told}</DeleteResult>".encode(), {}
        if method == "POST" and "uploadId" in query:
            parts = self._uploads.pop(query["uploadId"][0])
            self.objects[path] = b"".join(parts[number] for number in sorted(parts))
            told = "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>"
            return 200, told.encode(), {}
        if method == "PUT":
            self.objects[path] = body
            return 200, b"", {"etag": '"whole"'}
        if method == "DELETE":
            self.objects.pop(path, None)
            return 204, b"", {}
        return self._get(path, headers)

    def _get(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        found = self.objects.get(path)
        if found is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", {}
        named = {"etag": '"whole"', "last-modified": "Fri, 20 Nov 2026 08:00:00 GMT"}
        asked = headers.get("range", "")
        if not asked:
            return 200, found, named
        start, _, end = asked.removeprefix("bytes=").partition("-")
        first, last = int(start), min(int(end), len(found) - 1) if end else len(found) - 1
        named["content-range"] = f"bytes {first}-{last}/{len(found)}"
        return 206, found[first : last + 1], named


async def _body(receive: Receive) -> bytes:
    whole = b""
    while True:
        message = await receive()
        whole += message.get("body", b"")
        if not message.get("more_body"):
            return whole


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    named: Any = {"content-length": str(len(body))} | (headers or {})
    listed = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})

"""The console's built files, read once. They load nothing from elsewhere, and nobody may frame them.

An address that a browser opens and that no file has is a page of the console: its script knows which.
"""

import asyncio
import mimetypes
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from turnkeeper.web.asgi import Answer, Receive, Scope, Send, answer, send_answer

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Inline styles only: the component library sets some; scripts are files of ours."""
SECURITY = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_GZ = ".gz"
_VARY = (b"vary", b"accept, accept-encoding")
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN = (b"cache-control", b"no-cache")
_NOT_PAGES = ("/api/", "/assets/", "/media/", "/phone/", "/webhooks/")
_NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Turnkeeper</title>
<h1>The server runs, its console is not built</h1>
<p>Messages are taken and answered all the same. To build the console, run
<code>python hatch_build.py</code> in the repository, or install Turnkeeper from its wheel.</p>
<p><a href="/health">/health</a> <a href="/ready">/ready</a> <a href="/metrics">/metrics</a></p>
"""
_HTML = b"text/html; charset=utf-8"


class Console:
    """An ASGI app over one folder of built files."""

    def __init__(self, folder: Path) -> None:
        files = _read_files(folder)
        self._files = {path: page for path, page in files.items() if not path.endswith(_GZ)}
        self._packed = {path.removesuffix(_GZ): page for path, page in files.items() if path.endswith(_GZ)}

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await send_answer(send, _WRONG_METHOD if scope["path"] in self._files else _NOT_FOUND)
            return
        path = "/" if _is_page(scope) else scope["path"]
        found = self._files.get(path)
        if found is None:
            await send_answer(send, _NOT_FOUND)
            return
        packed = self._packed.get(path) if _takes_gzip(scope) else None
        start, body = packed or found
        tag = next((value for name, value in start["headers"] if name == b"etag"), None)
        asked = next((v for name, v in scope["headers"] if name == b"if-none-match"), None)
        if tag is not None and tag == asked:
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            start, body = {**start, "status": 304, "headers": headers}, _NOTHING
        elif scope["method"] == "HEAD":
            body = _NOTHING
        await send_answer(send, (start, body))


def _is_page(scope: Scope) -> bool:
    """Whether a browser opens a page: it wants HTML, and the address is that of no file and of nothing else."""
    path: str = scope["path"]
    wants_html = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    return wants_html and "." not in path and not f"{path}/".startswith(_NOT_PAGES)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


async def read_console(folder: Path) -> Console:
    """Read the files without holding up the loop."""
    return await asyncio.to_thread(Console, folder)


def _read_files(folder: Path) -> Mapping[str, Answer]:
    if not (folder / "index.html").is_file():
        return {"/": answer(200, _NOT_BUILT, _ASK_AGAIN, *SECURITY, kind=_HTML)}
    files = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inner.parts):
            files[f"/{inner.as_posix()}"] = _page(path, hashed=inner.parts[0] == "assets")
    for end in ("", _GZ):
        if f"/index.html{end}" in files:
            files[f"/{end}"] = files[f"/index.html{end}"]
    return files


def _page(path: Path, *, hashed: bool) -> Answer:
    body = path.read_bytes()
    guessed = mimetypes.guess_type(path.name.removesuffix(_GZ))[0] or "application/octet-stream"
    if guessed.startswith("text/") or guessed.endswith("javascript"):
        guessed += "; charset=utf-8"
    tag = b'"' + blake2b(body, digest_size=8).hexdigest().encode() + b'"'
    packed = [(b"content-encoding", b"gzip")] if path.suffix == _GZ else []
    cached = _FOR_EVER if hashed else _ASK_AGAIN
    return answer(200, body, cached, (b"etag", tag), _VARY, *packed, *SECURITY, kind=guessed.encode())


_NOTHING = {"type": "http.response.body", "body": b""}
_NOT_FOUND = answer(404, b"there is nothing here\n", *SECURITY)
_WRONG_METHOD = answer(405, b"use GET\n", (b"allow", b"GET, HEAD"), *SECURITY)

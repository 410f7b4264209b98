"""A server that takes whatever is posted to it: in place of Sentry and of a collector of traces."""

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Ingest(ThreadingHTTPServer):
    """Takes whatever is posted to it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        got = self.got

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                packed = self.headers.get("content-encoding") == "gzip"
                got.append((self.path, gzip.decompress(body) if packed else body))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def reports(self) -> list[dict[str, Any]]:
        """The events among Sentry's envelopes."""
        return [json.loads(body.split(b"\n")[2]) for path, body in self.got if path.endswith("/envelope/")]


@contextlib.contextmanager
def ingesting() -> Iterator[Ingest]:
    server = Ingest()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

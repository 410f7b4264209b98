"""A mail server for tests: it takes what it is given, and fails as it is told to.

with FakeSmtp() as mail:
    ...                      # host 127.0.0.1, port mail.port, tls "off"
    assert mail.messages[0]["Subject"] == "…"
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType

_LONGEST_LINE = 1024 * 1024


class FakeSmtp:
    """`messages`: what was delivered, in order. `failures`: what the next messages are answered with instead
    (`451 try later`)."""

    def __init__(self, *failures: str) -> None:
        self.failures = deque(failures)
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stopped = asyncio.Event()

    def __enter__(self) -> FakeSmtp:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=_LONGEST_LINE)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        to: list[str] = []
        writer.write(b"220 fake\r\n")
        while line := (await reader.readline()).decode("ascii", "replace").strip():
            word = line.upper().partition(" ")[0]
            if word == "EHLO":
                writer.write(b"250-fake\r\n250 8BITMIME\r\n")
            elif word == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
                writer.write(b"250 ok\r\n")
            elif word == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                writer.write(f"{self._taken(body[:-5], to)}\r\n".encode())
                to = []
            elif word == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        await writer.drain()
        writer.close()

    def _taken(self, body: bytes, to: list[str]) -> str:
        if self.failures:
            return self.failures.popleft()
        self.messages.append(message_from_bytes(body, policy=policy.default))
        self.recipients.append(to)
        return "250 taken"

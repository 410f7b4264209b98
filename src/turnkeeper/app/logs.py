"""How log lines look, and what is never in them: configured secrets, authorization headers, tokens in addresses.

A text line is one line: what strangers wrote into it cannot begin another, nor steer a terminal.
"""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

from turnkeeper.config.keys import ServerKeys

_HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(r"authorization|token|secret|password|api[-_]?key|signature", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+|(?:access_token|input_token|verify_token|app_secret|token|key|password)=|"
    r"[\"'](?:access_token|input_token|verify_token|app_secret|token|password)[\"']\s*:\s*[\"']|"
    r"://[^/\s:@]+:(?=[^/\s@]*@))([^\s&@\"']+)"
)
_SHORTEST_KNOWN = 8
"""Characters: what is shorter may be a word of the line."""
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_QUIET = ("httpx2", "httpcore2", "uvicorn", "asyncio", "hpack")


def redacted(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets by the name of their field, and where they stand in a text."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = _HIDDEN
        elif isinstance(value, str):
            event[key] = _SECRET_TEXT.sub(rf"\1{_HIDDEN}", value)
    return event


def hiding(secrets: Iterable[str]) -> structlog.typing.Processor:
    """A processor that hides these very values, wherever they stand."""
    known = sorted((each for each in secrets if len(each) >= _SHORTEST_KNOWN), key=len, reverse=True)

    def hide(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in event.items():
            if isinstance(value, str):
                for secret in known:
                    value = value.replace(secret, _HIDDEN)
                event[key] = value
        return event

    return hide


def on_one_line(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write control characters of the message as what they are; a trace, which is ours, keeps its lines."""
    event["event"] = str(event.get("event", "")).translate(_CONTROLS)
    return event


def configure_logs(server: ServerKeys, process: str, secrets: Iterable[str] = ()) -> None:
    """Send what structlog and logging write to stderr, one line each, without the `secrets`."""
    as_json = server.log_format == "json" or (server.log_format == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redacted,
        hiding(secrets),
    ]
    if not as_json:
        shared.append(on_one_line)
    last: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if as_json:
        last = structlog.processors.JSONRenderer()

    def named(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, named],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(server.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            named,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

"""How log lines look, and what is never in them: authorization headers, tokens in addresses."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from turnkeeper.config.keys import ServerKeys

_HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(r"authorization|token|secret|password|api[-_]?key|signature", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+|(?:access_token|input_token|verify_token|app_secret|token|key|password)=|"
    r"://[^/\s:@]+:(?=[^/\s@]*@))([^\s&@\"']+)"
)
_QUIET = ("httpx2", "httpcore2", "uvicorn", "asyncio", "hpack")


def redacted(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets by the name of their field, and where they stand in a text."""
    for key, value in event.items():
        if _SECRET_KEY.search(key):
            event[key] = _HIDDEN
        elif isinstance(value, str):
            event[key] = _SECRET_TEXT.sub(rf"\1{_HIDDEN}", value)
    return event


def configure_logs(server: ServerKeys, process: str) -> None:
    """Send what structlog and logging write to stderr, one line each."""
    as_json = server.log_format == "json" or (server.log_format == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redacted,
    ]
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

"""How log lines look, and what is never in them: secrets, tokens, whole numbers of people, what people write.

First wall: nobody logs a text that came from outside, and of an exception only its type and where it was raised
are told, unless its words are our own. Second wall: whatever looks like a secret or a number is masked.
A text line is one line: what strangers wrote into it cannot begin another, nor steer a terminal.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from types import TracebackType
from typing import Any

import structlog

from turnkeeper.config.keys import ServerKeys
from turnkeeper.model.errors import TurnkeeperError

_HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(r"authorization|token|secret|password|api[-_]?key|signature|dsn", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+|(?:access_token|input_token|verify_token|app_secret|token|key|password)=|"
    r"[\"'](?:access_token|input_token|verify_token|app_secret|token|password)[\"']\s*:\s*[\"']|"
    r"://[^/\s:@]+:(?=[^/\s@]*@))([^\s&@\"']+)"
)
_NUMBER = re.compile(r"(?<!\w)(?:\+\d[\d ().-]{5,}|\d{5,})(\d\d)(?!\w)")
"""Seven digits or more: of phones, accounts and people. Ids of ours begin with a letter."""
_MESSAGE_ID = re.compile(r"wamid\.[\w+/=-]{4,}?([\w+/=-]{4})(?![\w+/=-])")
"""It holds the person's number, in base64."""
_SHORTEST_KNOWN = 8
"""Characters: what is shorter may be a word of the line."""
_OWN_KEYS = ("timestamp", "level", "logger", "process")
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_SERVERS_AND_CLIENTS = ("httpx2", "httpcore2", "uvicorn", "asyncio", "hpack", "urllib3", "opentelemetry", "sentry_sdk")
_MODELS = ("openai", "anthropic", "google_genai", "genai-prices", "pydantic_ai")
"""At debug, some of these log what people write."""
_QUIET = (*_SERVERS_AND_CLIENTS, *_MODELS)
Event = MutableMapping[str, Any]


class Mask:
    """Takes secrets and numbers out of whatever is to be shown. `secrets`: the configuration's."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = sorted((each for each in secrets if len(each) >= _SHORTEST_KNOWN), key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without them."""
        for secret in self._known:
            text = text.replace(secret, _HIDDEN)
        text = _SECRET_TEXT.sub(rf"\1{_HIDDEN}", text)
        return _NUMBER.sub(r"…\1", _MESSAGE_ID.sub(r"wamid.…\1", text))

    def value(self, value: object) -> object:
        """The same for what a log line or a report may hold, to any depth."""
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.text(value)
            case dict():
                return {
                    key: _HIDDEN if _SECRET_KEY.search(str(key)) else self.value(each) for key, each in value.items()
                }
            case list() | tuple() | set() | frozenset():
                return [self.value(each) for each in value]
        return self.text(repr(value))

    def __call__(self, _: object, __: str, event: Event) -> Event:
        """As a processor of log events."""
        for key, value in event.items():
            if _SECRET_KEY.search(key):
                event[key] = _HIDDEN
            elif key not in _OWN_KEYS and not key.startswith("_"):
                event[key] = self.value(value)
        return event


def told(error: BaseException) -> str:
    """Where it was raised, with its type; its words only if they are ours: others may quote what people write."""
    lines: list[str] = []
    for each in chain(error):
        frames = traceback.format_tb(each.__traceback__, limit=-20)
        name = f"{type(each).__module__}.{type(each).__qualname__}".removeprefix("builtins.")
        words = own_words(each)
        lines.append(f"{''.join(frames)}{name}{words and ': '}{words}")
    return "\nwhich came after:\n".join(lines)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it came after."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def own_words(error: BaseException) -> str:
    """What an exception of ours says; nothing of another's."""
    return str(error) if isinstance(error, TurnkeeperError) else ""


def error_of(event: Event) -> BaseException | None:
    """The exception that a log event is about."""
    given = event.get("exc_info")
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    return given if isinstance(given, BaseException) else None


def _exception_told(_: object, __: str, event: Event) -> Event:
    error = error_of(event)
    event.pop("exc_info", None)
    event.pop("stack_info", None)
    if error is not None:
        event["exception"] = told(error)
    return event


def on_one_line(_: object, __: str, event: Event) -> Event:
    """Write control characters of the message as what they are; a trace, which is ours, keeps its lines."""
    event["event"] = str(event.get("event", "")).translate(_CONTROLS)
    return event


def configure_logs(
    server: ServerKeys, process: str, secrets: Iterable[str] = (), watch: Callable[[Event], None] | None = None
) -> None:
    """Send what structlog and logging write to stderr, one line each, without the `secrets`.

    `watch` is shown each event before its exception is put into words.
    """
    as_json = server.log_format == "json" or (server.log_format == "auto" and not sys.stderr.isatty())

    def named(_: object, __: str, event: Event) -> Event:
        event["process"] = process
        if watch is not None:
            watch(event)
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        _exception_told,
        Mask(secrets),
    ]
    if not as_json:
        shared.append(on_one_line)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(server.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _formatter(shared: Sequence[structlog.typing.Processor], *, as_json: bool) -> logging.Formatter:
    last: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if as_json:
        last = structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def catch_the_rest() -> None:
    """What nobody catches ends in the log, as told above, and not in a trace of Python's with all its words."""
    log = logging.getLogger("turnkeeper")

    def ended(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        log.critical("ended by an error", exc_info=(kind, error, at))

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("a thread was ended by an error", exc_info=args.exc_value)

    def not_raised(args: Any) -> None:
        log.error("an error could not be raised", exc_info=args.exc_value)

    sys.excepthook = ended
    threading.excepthook = thread_ended
    sys.unraisablehook = not_raised

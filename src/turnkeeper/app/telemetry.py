"""Traces to an OTLP endpoint, and errors to Sentry: each imported only where the configuration names where to.

Rule: what leaves the machine is masked like a log line, and an exception leaves without its words, its
variables and its source.
"""

from __future__ import annotations

import importlib.util
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from turnkeeper import __version__
from turnkeeper.app.logs import Event, Mask, chain, error_of, own_words
from turnkeeper.config import Settings
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.policy import Channel

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from turnkeeper.engine.tracing import Spans

_LAST_WORDS = 2.0
"""Seconds that a stop waits for what is still to be told."""
_FRAMES = 30
_EXTRAS = (
    ("otlp_endpoint", "otel", "opentelemetry.exporter.otlp.proto.http"),
    ("sentry_dsn", "sentry", "sentry_sdk"),
)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a process tells the outside; None for what the configuration does not name."""

    spans: Spans | None = None
    sentry: Sentry | None = None


def require_extras(settings: Settings) -> None:
    """Raise ConfigurationError where something is configured whose package is not installed."""
    needed = [(f"server.{key}", extra, module) for key, extra, module in _EXTRAS if _given(settings, key)]
    needed += [("media.url", "s3", "obstore")] if settings.in_bucket else []
    needed += [("sign_in.oidc", "oidc", "joserfc")] if settings.oidc else []
    for key, extra, module in needed:
        if not _is_there(module):
            mend = f"Install it: pip install 'turnkeeper[{extra}]', or take the key away."
            raise ConfigurationError(key, f'needs the extra "{extra}", which is not installed', mend)


def _given(settings: Settings, key: str) -> str:
    value = getattr(settings.server, key)
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def telling(settings: Settings, process: str) -> Iterator[Telemetry]:
    """Telemetry of a process, until it ends. Raises ConfigurationError."""
    require_extras(settings)
    dsn, endpoint = _given(settings, "sentry_dsn"), settings.server.otlp_endpoint
    sentry = Sentry(dsn, process, Mask(settings.secrets)) if dsn else None
    provider = _provider(endpoint, process) if endpoint else None
    spans = None
    if provider is not None:
        from turnkeeper.engine.tracing import Spans

        spans = Spans(provider.get_tracer("turnkeeper", __version__), texts=settings.server.otlp_texts)
    try:
        yield Telemetry(spans, sentry)
    finally:
        if provider is not None:
            provider.force_flush(int(_LAST_WORDS * 1000))
        if sentry is not None:
            sentry.close()


def _provider(endpoint: str, process: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return provider_of(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")), process)


def provider_of(processor: SpanProcessor, process: str) -> Any:
    """A provider whose spans get the ids that the engine wants."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    from turnkeeper.engine.tracing import WANTED_IDS

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            wanted = WANTED_IDS.get()
            return wanted[0] if wanted else int(super().generate_trace_id())

        def generate_span_id(self) -> int:
            wanted = WANTED_IDS.get()
            return wanted[1] if wanted else int(super().generate_span_id())

    about = {"service.name": "turnkeeper", "service.version": __version__, "service.instance.id": process}
    provider = TracerProvider(resource=Resource.create(about), id_generator=Ids(), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider


class Sentry:
    """Reports errors: what is logged as one, and what bots raise."""

    def __init__(self, dsn: str, process: str, mask: Mask) -> None:
        import sentry_sdk

        self._sdk = sentry_sdk
        self._process = process
        self._mask = mask
        try:
            sentry_sdk.init(
                dsn,
                release=f"turnkeeper@{__version__}",
                default_integrations=False,
                auto_enabling_integrations=False,
                include_local_variables=False,
                include_source_context=False,
                max_request_body_size="never",
                max_breadcrumbs=0,
                before_send=self._scrubbed,
                shutdown_timeout=_LAST_WORDS,
            )
        except ValueError:  # BadDsn is one; its words quote the key
            problem = "is not the address of a Sentry project"
            raise ConfigurationError("server.sentry_dsn", problem, "Copy it from the project's settings.") from None

    def raised(self, channel: Channel, error: BaseException) -> None:
        """A bot raised."""
        tags = {"workspace": channel.workspace_id, "channel": channel.id, "bot": channel.bot_id}
        self._report(error, "a bot raised", "error", {"logger": "turnkeeper.turns", "tags": tags})

    def logged(self, event: Event) -> None:
        """A log event, before it is put into words: those that are errors are reported."""
        level = str(event.get("level", ""))
        if level not in ("error", "critical"):
            return
        more = {"logger": str(event.get("logger", "")), "tags": {}}
        level = "fatal" if level == "critical" else "error"
        self._report(error_of(event), str(event.get("event", "")), level, more)

    def _report(self, error: BaseException | None, words: str, level: str, more: dict[str, Any]) -> None:
        report: dict[str, Any] = {}
        if error is not None:
            report["exception"] = {"values": [_described(each) for each in reversed(list(chain(error)))]}
        report |= {"level": level, "message": words, **more}
        report["tags"] = {**more["tags"], "process": self._process}
        try:
            self._sdk.capture_event(report)  # type: ignore[arg-type]
        except Exception as failed:  # noqa: BLE001 - a report is not worth a turn
            logging.getLogger("turnkeeper.sentry").warning("an error was not reported: %s", type(failed).__name__)

    def _scrubbed(self, report: Any, _: Any) -> Any:
        """The last look at a report: only what is known to be harmless leaves."""
        for key in ("request", "user", "breadcrumbs", "extra", "modules", "contexts", "threads", "server_name"):
            report.pop(key, None)
        for key in ("message", "exception", "tags"):
            if key in report:
                report[key] = self._mask.value(report[key])
        return report

    def close(self) -> None:
        """Tell what is still to be told."""
        self._sdk.get_client().close(timeout=_LAST_WORDS)


def _described(error: BaseException) -> dict[str, Any]:
    """An exception as Sentry wants it: its type and where it was raised."""
    frames = [
        {"filename": Path(each.filename).name, "abs_path": each.filename, "function": each.name, "lineno": each.lineno}
        for each in traceback.extract_tb(error.__traceback__, limit=-_FRAMES)
    ]
    kind = type(error)
    described = {"type": kind.__qualname__, "module": kind.__module__, "value": own_words(error)}
    return described | ({"stacktrace": {"frames": frames}} if frames else {})

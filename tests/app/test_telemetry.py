"""What leaves the machine: errors without a word of people's, and only where the configuration says so."""

import json
from pathlib import Path

import pytest

from tests.support.ingest import ingesting
from turnkeeper.app import telemetry
from turnkeeper.app.logs import Mask
from turnkeeper.app.telemetry import Sentry, require_extras, telling
from turnkeeper.config import Settings, load
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable
from turnkeeper.testing.events import channel


def settings(folder: Path, text: str) -> Settings:
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    return load(folder / "turnkeeper.toml", {})


def test_errors_are_reported_without_their_words() -> None:
    with ingesting() as ingest:
        sentry = Sentry(f"http://hush-key@{ingest.url}/7", "worker-1", Mask(["token-hush-hush"]))

        def bot(text: str) -> None:
            secret = f"a local {text}"
            raise KeyError(f"her words {text} {secret}")

        for fail in (lambda: bot("love"), lambda: int("love")):
            try:
                fail()
            except (KeyError, ValueError) as error:
                sentry.raised(channel(), error)
        away = StoreUnavailable("away at token-hush-hush")
        logged = {"event": "it failed for 15551234567", "level": "error", "logger": "turnkeeper.x", "exc_info": away}
        sentry.logged({**logged, "text": "love"})
        sentry.logged({**logged, "level": "warning"})
        sentry.close()
    first, _, third = reports = ingest.reports()
    said = json.dumps(reports)
    assert not [word for word in ("love", "her words", "hush", "15551234567") if word in said], said
    (value,) = first["exception"]["values"]
    assert (value["type"], value["value"]) == ("KeyError", "")
    assert [frame["function"] for frame in value["stacktrace"]["frames"]][-1] == "bot"
    assert first["tags"] == {"bot": "assistant", "channel": "shop", "process": "worker-1", "workspace": "default"}
    assert third["message"] == "it failed for …67"
    assert third["exception"]["values"][0]["value"] == "away at [hidden]"
    assert not {"request", "user", "server_name", "extra", "breadcrumbs"} & set(first)


def test_nothing_is_told_where_nothing_is_configured(tmp_path: Path) -> None:
    with telling(settings(tmp_path, ""), "web") as told:
        assert (told.spans, told.sentry) == (None, None)


def test_spans_go_to_the_endpoint(tmp_path: Path) -> None:
    with ingesting() as ingest:
        with telling(settings(tmp_path, f'[server]\notlp_endpoint = "http://{ingest.url}/"'), "web") as told:
            assert told.spans is not None
            told.spans.past("wait", 1.0, 2.0)
        assert [path for path, _ in ingest.got] == ["/v1/traces"]
        assert b"wait" in ingest.got[0][1]


@pytest.mark.parametrize("line, wanted", [("", False), ("otlp_texts = true", True)])
def test_texts_stay_here_unless_they_are_wanted(tmp_path: Path, line: str, wanted: bool) -> None:
    given = settings(tmp_path, f'[server]\notlp_endpoint = "http://127.0.0.1:9"\n{line}')
    with telling(given, "web") as told:
        assert told.spans is not None
        assert told.spans._texts is wanted


@pytest.mark.parametrize(
    "section, key, value, extra",
    [
        ("server", "sentry_dsn", "https://key@sentry.example.com/1", "sentry"),
        ("server", "otlp_endpoint", "http://127.0.0.1:4318", "otel"),
        ("media", "url", "s3://a-bucket", "s3"),
    ],
)
def test_an_extra_that_is_missing_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str, key: str, value: str, extra: str
) -> None:
    given = settings(tmp_path, f'[{section}]\n{key} = "{value}"')
    require_extras(given)
    monkeypatch.setattr(telemetry.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=rf"{section}\.{key}: needs the extra \"{extra}\"") as refused:
        require_extras(given)
    assert f"turnkeeper[{extra}]" in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "dsn", ["sentry.example.com/1", "https://sentry.example.com/1", "https://key@host", "http://["]
)
def test_an_address_that_is_no_project_is_refused_and_not_shown(tmp_path: Path, dsn: str) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.sentry_dsn: is not the address") as refused:
        settings(tmp_path, f'[server]\nsentry_dsn = "{dsn}"')
    assert dsn not in str(refused.value)


def test_a_project_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"server\.sentry_dsn: is not the address"):
        Sentry("https://hush-key@sentry.example.com/", "web", Mask())

"""What is logged, and what never is."""

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from turnkeeper.app.logs import Mask, catch_the_rest, configure_logs, told
from turnkeeper.config.keys import ServerKeys
from turnkeeper.model.errors import StoreUnavailable

SECRETS = [
    ({"authorization": "Bearer abc"}, "authorization", "[hidden]"),
    ({"headers_authorization": "x"}, "headers_authorization", "[hidden]"),
    ({"access_token": "abc"}, "access_token", "[hidden]"),
    ({"app_secret": "abc"}, "app_secret", "[hidden]"),
    ({"event": "GET https://x/y?access_token=abc&z=1"}, "event", "GET https://x/y?access_token=[hidden]&z=1"),
    ({"event": "Authorization: Bearer abc.def"}, "event", "Authorization: Bearer [hidden]"),
    ({"url": "/webhooks/a?hub.verify_token=abc"}, "url", "/webhooks/a?hub.verify_token=[hidden]"),
    ({"error": "postgresql://me:abc@host/name"}, "error", "postgresql://me:[hidden]@host/name"),
    ({"event": "nothing to hide at http://host:80/x"}, "event", "nothing to hide at http://host:80/x"),
    ({"event": '{"access_token": "abc"}'}, "event", '{"access_token": "[hidden]"}'),
    ({"event": "{'app_secret': 'abc', 'n': 1}"}, "event", "{'app_secret': '[hidden]', 'n': 1}"),
    ({"count": 3}, "count", 3),
    ({"error": {"a": ["Bearer abc", {"token": "abc"}]}}, "error", {"a": ["Bearer [hidden]", {"token": "[hidden]"}]}),
    ({"event": b"token=abc"}, "event", "b'token=[hidden]'"),
    ({"event": "told 15551234567."}, "event", "told …67."),
    ({"event": "told +1 (555) 123-45 67!"}, "event", "told …67!"),
    ({"event": "known as US.13491208655302741918"}, "event", "known as US.…18"),
    ({"event": "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBQ="}, "event", "wamid.…GBQ="),
    ({"conversation": "c019a8b3c4d5001234567"}, "conversation", "c019a8b3c4d5001234567"),
    ({"event": "123456 of 654321 on 2026-11-20, port 65535"}, "event", "123456 of 654321 on 2026-11-20, port 65535"),
    ({"timestamp": "1763625600123"}, "timestamp", "1763625600123"),
]  # fmt: skip


@pytest.mark.parametrize("event, key, shown", SECRETS)
def test_secrets_are_hidden(event: dict[str, object], key: str, shown: object) -> None:
    assert Mask()(None, "info", dict(event))[key] == shown


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_with_their_process_and_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServerKeys(), "worker-1")
    structlog.get_logger("turnkeeper.turns").info("turn done", access_token="hush")
    try:
        raise ValueError("token=hush")
    except ValueError:
        logging.getLogger("turnkeeper.web").exception("it failed at ?token=%s", "hush")
    logging.getLogger("httpx2").info("GET /?access_token=hush")
    logging.getLogger("turnkeeper.web").debug("not shown")
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"] for line in lines] == ["turn done", "it failed at ?token=[hidden]"]
    assert {line["process"] for line in lines} == {"worker-1"}
    assert [line["level"] for line in lines] == ["info", "error"]
    assert "ValueError" in lines[1]["exception"]
    assert "hush" not in said


def test_configured_secrets_are_hidden_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServerKeys(), "web", ["EAAJ-hush-hush", "EAAJ-hush-hush-too", "short"])
    logging.getLogger("my_bot").warning("sent %s with EAAJ-hush-hush-too", {"short": b"EAAJ-hush-hush"})
    try:
        raise ValueError("refused: EAAJ-hush-hush")
    except ValueError:
        logging.getLogger("my_bot").exception("it failed")
    said = capsys.readouterr().err
    assert "hush" not in said
    assert json.loads(said.splitlines()[0])["event"] == "sent {'short': b'[hidden]'} with [hidden]"


def test_of_an_exception_only_its_place_is_told() -> None:
    """A bot's own words, a driver's and a provider's may quote what people write."""

    def fails(answer: str) -> None:
        try:
            raise KeyError(f"her words: {answer}")
        except KeyError as error:
            raise StoreUnavailable("it is away") from error

    answer = "I " + "love you"
    try:
        fails(answer)
    except StoreUnavailable as error:
        said = told(error)
    assert "love" not in said
    assert "StoreUnavailable: it is away\nwhich came after:\n" in said
    assert said.endswith("\nKeyError")
    assert said.count("in fails") == 2


def test_what_nobody_catches_ends_in_the_log_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        configure_logs(ServerKeys(), "web")
        catch_the_rest()
        thread = threading.Thread(target=lambda: int("her words"))
        thread.start()
        thread.join()
        try:
            int("her words")
        except ValueError as error:
            sys.excepthook(ValueError, error, error.__traceback__)
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"] for line in lines] == ["a thread was ended by an error", "ended by an error"]
    assert all("ValueError" in line["exception"] for line in lines)
    assert "words: " not in said
    assert "her words'" not in said


def test_nobody_writes_a_text_line_of_his_own(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServerKeys(log_format="text"), "web")
    logging.getLogger("my_bot").warning("got %s", "hi\nall is well\x1b[2J\r\u2028!")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert r"hi\x0aall is well\x1b[2J\x0d\u2028!" in said


def test_text_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServerKeys(log_format="text", log_level="warning"), "web")
    structlog.get_logger("turnkeeper.x").warning("look", channel="shop")
    structlog.get_logger("turnkeeper.x").info("not shown")
    said = capsys.readouterr().err
    assert "look" in said
    assert "shop" in said
    assert "not shown" not in said

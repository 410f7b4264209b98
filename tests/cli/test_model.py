"""`turnkeeper model list` and `test`, and the doctor's word on providers, against fakes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.checkup import examine
from turnkeeper.app.model_checkup import examine_providers, find
from turnkeeper.cli.model import app
from turnkeeper.config import load
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.llm import OfferedModel
from turnkeeper.testing.fake_models import FakeModels, Offered, busy, error, html, refused, says
from turnkeeper.testing.loopback import Running, serve_in_thread

TOML = """
[providers.router]
kind = "openrouter"
api_key = "env:ROUTER_KEY"
base_url = "{here}/api/v1"
[providers.claude]
kind = "anthropic"
api_key = "{key}"
base_url = "{here}"
[providers.local]
kind = "openai_compatible"
base_url = "{here}/v1"
api_key = "{key}"
[channels.shop]
kind = "whatsapp_cloud"
bot = "helper"
phone_number_id = "1"
waba_id = "2"
access_token = "env:NOT_SET"
app_secret = "s"
verify_token = "v"
[bots.helper]
kind = "agent"
prompt = "You help."
models = ["router/openai/gpt-4.1-mini", {{model = "claude/claude-haiku-4-5", timeout = "2s"}}]
[bots.other]
kind = "agent"
prompt = "You help."
models = ["router/openai/gpt-4.1-mini"]
summary_model = "local/small"
"""
NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def here() -> Iterator[Running[FakeModels]]:
    with serve_in_thread(FakeModels()) as running:
        yield running


@pytest.fixture
def fake(here: Running[FakeModels], monkeypatch: pytest.MonkeyPatch) -> FakeModels:
    fake = here.fake
    monkeypatch.setenv("ROUTER_KEY", fake.key)
    fake.offers = [
        Offered("zeta", "Zeta", "2031-01-01"),
        Offered("openai/gpt-4.1-mini", "GPT-4.1 mini", "2027-01-15"),
        Offered("claude-haiku-4-5-20251001"),
        Offered("alpha", ends="2030-01-01"),
        Offered("small"),
    ]
    fake.asked.clear()
    fake._scripts.clear()
    return fake


@pytest.fixture
def config(tmp_path: Path, fake: FakeModels) -> Path:
    path = tmp_path / "turnkeeper.toml"
    path.write_text(TOML.format(here=fake.base_url, key=fake.key), "utf-8")
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(config)])


def test_the_list_has_first_what_bots_ask_then_what_ends_soonest(config: Path) -> None:
    shown = run(config, "list", "router")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "router/openai/gpt-4.1-mini",
        "router/alpha",
        "router/zeta",
        "router/claude-haiku-4-5-20251001",
        "router/small",
    ]
    assert lines[0].endswith("ends 2027-01-15  asked by helper, other  GPT-4.1 mini")
    told = json.loads(run(config, "list", "--json").stdout)
    assert (len(told["models"]), told["failed"]) == (15, {})
    first = told["models"][0]
    assert first == {
        "provider": "router",
        "model": "openai/gpt-4.1-mini",
        "title": "GPT-4.1 mini",
        "ends": "2027-01-15",
        "context": 128_000,
        "bots": ["helper", "other"],
    }
    assert [each["bots"] for each in told["models"] if each["model"].startswith("claude")] == [[], ["helper"], []]


def test_a_provider_that_does_not_answer_is_told_beside_the_others(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTER_KEY", "sk-or-wrong")
    shown = run(config, "list")
    assert shown.exit_code == 1
    assert "claude/alpha" in shown.stdout
    assert "router: HTTP 401" in shown.stderr
    assert "sk-or-wrong" not in shown.output


def test_a_provider_that_there_is_not(config: Path) -> None:
    shown = run(config, "list", "routr")
    assert isinstance(shown.exception, ConfigurationError)
    assert 'Did you mean "router"?' in str(shown.exception)


def test_only_the_keys_of_providers_have_to_be_there(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROUTER_KEY")
    assert run(config, "list", "claude").exit_code == 0
    assert "ROUTER_KEY is not set" in str(run(config, "list").exception)


def test_each_model_is_asked_once(config: Path, fake: FakeModels) -> None:
    fake.will(says("ready", cost=0.00012), model="openai/gpt-4.1-mini")
    shown = run(config, "test")
    assert shown.exit_code == 0, shown.output
    assert [each.model for each in fake.asked] == ["openai/gpt-4.1-mini", "claude-haiku-4-5", "small"]
    assert fake.asked[0].body["max_tokens"] == 500, "with the bot's own settings"
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("ok      router/openai/gpt-4.1-mini  ")
    assert lines[0].endswith("17 tokens, $0.000120: ready")
    assert lines[2].endswith("17 tokens: Hello!")


FAILURES = [
    (error(401, "No", "key"), "Check providers.router.api_key"),
    (error(404, "No endpoints found", "model"), "`turnkeeper model list router` shows what there is"),
    (error(400, "Unknown parameter"), "Mend what the provider says"),
    (busy("7"), "It wants 7 s of rest"),
    (says(""), "Raise the bot's `max_tokens`"),
    (refused(), "filters"),
    (html(), "Check providers.router.base_url"),
]


@pytest.mark.parametrize("fault, mend", FAILURES, ids=[row[1][:20] for row in FAILURES])
def test_a_model_that_fails_is_told_with_its_mend(config: Path, fake: FakeModels, fault: object, mend: str) -> None:
    fake.will(fault)  # type: ignore[arg-type]
    shown = run(config, "test", "router/openai/gpt-4.1-mini", "--json")
    assert shown.exit_code == 1
    told = json.loads(shown.stdout)
    (model,) = told["models"]
    assert (told["ok"], model["ok"], len(fake.asked)) == (False, False, 1)
    assert mend in model["mend"]


def test_a_model_that_no_bot_asks(config: Path, fake: FakeModels) -> None:
    shown = run(config, "test", "local/other")
    assert (shown.exit_code, fake.last.model) == (0, "other")
    assert "names no model" in str(run(config, "test", "local").exception)


async def test_what_the_doctor_finds(config: Path, fake: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOT_SET", "t")
    links = {link.link: link for link in await examine_providers(load(config), NOW)}
    assert {name: link.state for name, link in links.items()} == {
        "provider router": "ok",
        "model router/openai/gpt-4.1-mini": "warning",
        "provider claude": "ok",
        "model claude/claude-haiku-4-5": "ok",
        "provider local": "ok",
        "model local/small": "ok",
    }
    assert "is switched off on 2027-01-15" in links["model router/openai/gpt-4.1-mini"].detail
    assert "bots.helper" in links["model router/openai/gpt-4.1-mini"].mend
    fake.offers = [Offered("openai/gpt-4.1-mini", ends="2026-11-19"), Offered("smal")]
    monkeypatch.setenv("ROUTER_KEY", fake.key)
    links = {link.link: link for link in await examine_providers(load(config), NOW)}
    assert links["model router/openai/gpt-4.1-mini"].state == "broken"
    assert links["model local/small"].state == "broken"
    assert links["model local/small"].mend == 'Did you mean "smal"?'
    monkeypatch.setenv("ROUTER_KEY", "sk-or-wrong")
    links = {link.link: link for link in await examine_providers(load(config), NOW)}
    assert (links["provider router"].state, links["provider router"].mend[:36]) == (
        "broken",
        "Check providers.router.api_key: the ",
    )
    assert links["model router/openai/gpt-4.1-mini"].state == "unknown"


async def test_the_doctor_asks_providers(config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(text[: text.index("[channels")] + text[text.index("[bots") :], "utf-8")
    names = [link.link for link in await examine(config)]
    assert names.index("secrets") < names.index("provider router") < names.index("database")


FOUND = [
    ("exact", "gpt-5-mini", ["gpt-5-mini-2025-08-07", "gpt-5-mini"], "gpt-5-mini"),
    ("its newest version", "claude-x", ["claude-x-20250101", "claude-x-20260101", "claude-xy"], "claude-x-20260101"),
    ("another version", "claude-x-latest", ["claude-x-20250101"], "claude-x-20250101"),
    ("a way to serve it", "m/llama:free", ["m/llama"], "m/llama"),
    ("an alias", "~m/llama", ["m/llama"], "m/llama"),
    ("its own way", "m/llama:free", ["m/llama", "m/llama:free"], "m/llama:free"),
    ("another one", "gpt-5", ["gpt-5-mini", "gpt-50"], None),
]


@pytest.mark.parametrize("label, name, listed, expected", FOUND, ids=[row[0] for row in FOUND])
def test_a_models_place_in_the_list(label: str, name: str, listed: list[str], expected: str | None) -> None:
    found = find(name, [OfferedModel(each) for each in listed])
    assert (found.name if found else None) == expected

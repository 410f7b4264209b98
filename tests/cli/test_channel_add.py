"""`turnkeeper channel add`: what is asked, what is refused, and a file of which nothing else changes."""

import stat
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app import adding
from turnkeeper.app.adding import drafted, questions, section
from turnkeeper.channels import registry
from turnkeeper.channels.base import Finding
from turnkeeper.cli.channel import app
from turnkeeper.cli.init import FILES, STARTER
from turnkeeper.config import ConfigurationErrors, load
from turnkeeper.model.errors import ConfigurationError

IDS = ("--set", "phone_number_id=77", "--set", "waba_id=88")
SECRETS = ("--set", "access_token=tok-1", "--set", "app_secret=sec-1")
NEW = ("desk", "--kind", "whatsapp_cloud", *IDS, *SECRETS)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text((STARTER / name).read_text("utf-8"), "utf-8")
    return tmp_path / "turnkeeper.toml"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the provider says when it is asked."""
    said = [Finding("api", True, "it answers")]

    async def examine(settings: object, name: str) -> list[Finding]:
        return said

    monkeypatch.setattr(adding, "examine", examine)
    return said


def run(config: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["add", *arguments, "--config", str(config)], input=typed)


def test_by_flags_alone(config: Path) -> None:
    before = config.read_text("utf-8")
    config.chmod(0o640)
    done = run(config, *NEW, "--yes")
    assert done.exit_code == 0, done.output
    after = config.read_text("utf-8")
    assert after.startswith(before.rstrip() + "\n\n[channels.desk]\n")
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert tomllib.loads(after)["channels"]["desk"] == {
        "kind": "whatsapp_cloud",
        "bot": "assistant",
        "phone_number_id": "77",
        "waba_id": "88",
        "verify_token": "file:secrets/desk.verify_token",
        "access_token": "file:secrets/desk.access_token",
        "app_secret": "file:secrets/desk.app_secret",
    }
    secrets = config.parent / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in secrets.glob("desk.*")} == {0o600}
    assert (secrets / ".gitignore").read_text() == "*\n"
    receiver = next(each for each in load(config, {f"SHOP_{x}": "x" for x in ("TOKEN", "SECRET", "VERIFY")}).receivers
                    if each.channel.id == "desk")  # fmt: skip
    assert (receiver.channel.config.access_token, receiver.secret) == ("tok-1", "sec-1")  # type: ignore[attr-defined]
    assert len(receiver.channel.config.verify_token) > 40, "made up"  # type: ignore[attr-defined]
    assert "tok-1" not in after + done.output
    assert sorted(each.name for each in config.parent.iterdir()) == ["my_bot.py", "secrets", "turnkeeper.toml"]


def test_asked_one_after_the_other(config: Path) -> None:
    typed = "whatsapp_cloud\n\n77\n88\nenv:DESK_TOKEN\nsec-1\n\n"
    done = CliRunner(env={"DESK_TOKEN": "tok-1"}).invoke(app, ["add", "--config", str(config)], input=typed)
    assert done.exit_code == 0, done.output
    written = tomllib.loads(config.read_text("utf-8"))["channels"]["whatsapp_cloud1"]
    assert (written["access_token"], written["phone_number_id"]) == ("env:DESK_TOKEN", "77")
    assert "The number's id (not the number)" in done.output
    assert "sec-1" not in done.output


def test_secrets_in_the_file_itself_if_asked(config: Path) -> None:
    assert run(config, *NEW, "-y", "--plain").exit_code == 0
    assert tomllib.loads(config.read_text("utf-8"))["channels"]["desk"]["access_token"] == "tok-1"
    assert not (config.parent / "secrets").exists()


REFUSED = [
    ("a name that is taken", ("shop", *NEW[1:]), r"channels\.shop: is there already"),
    ("a name that is none", ("a b", *NEW[1:]), r"channels\.a b: is not a name"),
    ("the name of a kind", ("telegram", *NEW[1:]), "is the name of a kind"),
    ("a secret that nobody gave", ("desk", "--kind", "whatsapp_cloud", *IDS), "access_token: is missing"),
    ("a number that is taken", (*NEW, "--set", "phone_number_id=1000000001"), r"channels\.shop has this number too"),
    ("no such bot", (*NEW, "--bot", "nobody"), 'no bot "nobody"'),
    ("no such key", (*NEW, "--set", "colour=red"), r"channels\.desk\.colour: is not a setting"),
    ("a wrong value", (*NEW, "--set", "throughput=much"), "throughput"),
    ("a variable that is not set", (*NEW, "--set", "app_secret=env:NOT_SET_HERE"), "NOT_SET_HERE is not set"),
]


@pytest.mark.parametrize("label, arguments, said", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_would_not_work_is_not_written(config: Path, label: str, arguments: tuple[str, ...], said: str) -> None:
    before = config.read_text("utf-8")
    done = run(config, *arguments, "--yes")
    assert isinstance(done.exception, ConfigurationError), done.output
    with pytest.raises(ConfigurationError, match=said):
        raise done.exception
    assert config.read_text("utf-8") == before
    assert not (config.parent / "secrets").exists()


def test_without_a_file_or_with_one_that_is_broken(tmp_path: Path, config: Path) -> None:
    assert "turnkeeper init" in str(run(tmp_path / "none.toml", *NEW, "-y").exception)
    config.write_text(config.read_text("utf-8") + "[bots", "utf-8")
    assert "is not TOML" in str(run(config, *NEW, "-y").exception)


def test_channels_on_one_line_are_left_alone(config: Path) -> None:
    config.write_text('channels = {}\n[bots.a]\nkind = "python"\nentry = "my_bot:bot"\n', "utf-8")
    assert "nothing can be added after them" in str(run(config, *NEW, "-y").exception)


def test_flags_that_say_nothing(config: Path) -> None:
    assert "is not KEY=VALUE" in run(config, *NEW, "--set", "x", "-y").output
    assert "no channel is of kind 'pigeon'" in run(config, "x", "--kind", "pigeon", "-y").output.replace("\n", " ")
    assert "is needed" in run(config, "--kind", "whatsapp_cloud", "-y").output


def test_a_provider_that_refuses(config: Path, provider: list[Finding]) -> None:
    before = config.read_text("utf-8")
    provider.append(Finding("token", False, "the token is refused", "Make a new one."))
    done = run(config, *NEW, "--yes")
    assert (done.exit_code, "Make a new one." in done.output) == (1, True)
    answered_no = run(config, *NEW, typed="\nn\n")
    assert (answered_no.exit_code, config.read_text("utf-8")) == (1, before)
    assert run(config, *NEW, "--yes", "--unchecked").exit_code == 0
    assert "[channels.desk]" in config.read_text("utf-8")


def test_a_folder_that_cannot_be_written(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "secrets/desk.app_secret")

    monkeypatch.setattr(adding, "_save_secret", full)
    before = config.read_text("utf-8")
    done = run(config, *NEW, "--yes")
    assert (done.exit_code, "No space left" in done.output) == (1, True)
    assert config.read_text("utf-8") == before


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_kind_can_be_asked_for(kind: str) -> None:
    keys = registry.find(kind).keys
    asked = {question.key: question for question in questions(kind)}
    required = {key for key, info in keys.model_fields.items() if info.is_required()} - {"kind", "bot"}
    assert required <= set(asked)
    assert {*keys.asked, *keys.made} <= set(asked)
    assert all(question.meaning for question in asked.values())
    assert all(asked[key].secret for key in keys.made)


VALUES = [
    ("a quote and a backslash", "phone_number_id", 'a"b\\c', 'a"b\\c'),
    ("a line break", "waba_id", "a\nb", "a\nb"),
    ("not ASCII", "app_secret", "تست😀", "تست😀"),
    ("a control character", "app_secret", "a\x7f\x01b", "a\x7f\x01b"),
    ("a number", "throughput", "20", 20),
    ("a number in a text", "phone_number_id", "0077", "0077"),
    ("a number for a secret", "app_secret", "20", "20"),
    ("a list", "tester_numbers", '["+60123456789"]', ["+60123456789"]),
    ("a second key", "throughput", "1\nbot = 2", "1\nbot = 2"),
    ("a comment", "throughput", "1 # one", 1),
    ("a table", "parts", "{a = 1}", "{a = 1}"),
]


@pytest.mark.parametrize("label, key, value, read", VALUES, ids=[row[0] for row in VALUES])
def test_whatever_is_given_is_written_as_one_value(label: str, key: str, value: str, read: object) -> None:
    draft = drafted("desk", "whatsapp_cloud", "assistant", {key: value, "verify_token": "v"}, plain=True)
    table = tomllib.loads(section(draft))["channels"]["desk"]
    assert table == {"kind": "whatsapp_cloud", "bot": "assistant", key: read, "verify_token": "v"}
    assert value not in repr(draft)


def test_several_mistakes_are_told_at_once(config: Path) -> None:
    done = run(config, "desk", "--kind", "whatsapp_cloud", "--set", "colour=red", "--yes")
    assert isinstance(done.exception, ConfigurationErrors)
    assert len(done.exception.errors) >= 4

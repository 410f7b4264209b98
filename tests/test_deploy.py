"""The files that run a server for real agree with the server and with each other."""

import re
from pathlib import Path

from turnkeeper.app.plan import BAD_CONFIGURATION, Plan
from turnkeeper.config.keys import ServerKeys

ROOT = Path(__file__).parents[1]
UNIT = (ROOT / "deploy/turnkeeper.service").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
IMAGE = (ROOT / "Dockerfile").read_text("utf-8")
STOP = ServerKeys().drain + Plan([]).grace
"""Seconds that a server takes at most to stop."""


def settings_of(unit: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))


def test_whoever_stops_the_server_waits_for_it() -> None:
    unit = settings_of(UNIT)
    assert float(unit["TimeoutStopSec"]) > STOP
    (grace,) = re.findall(r"stop_grace_period: (\d+)s # longer than server.drain", COMPOSE)
    assert float(grace) > STOP
    assert unit["KillMode"] == "mixed", "children that are signalled apart from their supervisor look as if they died"
    assert "STOPSIGNAL SIGTERM" in IMAGE


def test_a_wrong_configuration_is_not_started_again_and_again() -> None:
    assert settings_of(UNIT)["RestartPreventExitStatus"] == str(BAD_CONFIGURATION)


def test_one_port_everywhere() -> None:
    port = ServerKeys().port
    assert f"EXPOSE {port}\n" in IMAGE
    assert f"127.0.0.1:{port}/health" in IMAGE
    assert f'"127.0.0.1:{port}:{port}"' in COMPOSE


def test_the_image_is_not_root_and_holds_no_gpl_codecs() -> None:
    last = IMAGE.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert re.findall(r'^ARG EXTRAS="(.*)"$', IMAGE, re.MULTILINE) == [""]
    bases = re.findall(r"^FROM (\S+)", IMAGE, re.MULTILINE)
    assert len(set(bases)) == 1, "what is built on one Python runs on the same"
    assert all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)


def test_what_the_image_copies_is_let_through() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", IMAGE, re.MULTILINE) for name in line.split()}
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_the_secrets_of_the_starter_have_a_place() -> None:
    starter = (ROOT / "src/turnkeeper/cli/starter/turnkeeper.toml").read_text("utf-8")
    wanted = set(re.findall(r'= "env:([A-Z_]+)"', starter))
    given = set(re.findall(r"^([A-Z_]+)=$", (ROOT / "deploy/env.example").read_text("utf-8"), re.MULTILINE))
    assert wanted == given - {"POSTGRES_PASSWORD"}
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)) <= given

"""The console is built when its sources changed, and only then; a failure says what to do."""

import gzip
import os
from pathlib import Path

import pytest

import hatch_build
from hatch_build import ConsoleFailed, build_console, digest_of

STATIC = "src/turnkeeper/web/static"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a small console, and a `node` that writes down how it was called."""
    monkeypatch.delenv(hatch_build.SKIP, raising=False)
    console = tmp_path / "console"
    (console / "src").mkdir(parents=True)
    (console / "package.json").write_text("{}")
    (console / "package-lock.json").write_text("{}")
    (console / "src/main.ts").write_text("let x = 1")
    node = tmp_path / "node"
    node.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {tmp_path}/calls\n'
        'case "$*" in\n'
        f"  *NPM\\ ci*) mkdir -p node_modules; touch node_modules/.package-lock.json ;;\n"
        f"  *vite*) cd ..; mkdir -p {STATIC}; head -c 2000 /dev/zero > {STATIC}/a.js; echo 1 > {STATIC}/b.js ;;\n"
        "esac\n"
        f"if [ -e {tmp_path}/fails ]; then echo what went wrong; exit 3; fi\n"
    )
    node.chmod(0o755)
    monkeypatch.setattr(hatch_build, "node_and_npm", lambda: (str(node), "NPM"))
    return tmp_path


def calls(root: Path) -> list[str]:
    """Return the scripts that node was asked to run, and forget them."""
    log = root / "calls"
    scripts = [line.split()[0].rsplit("/", 1)[-1] for line in log.read_text().splitlines()]
    log.unlink()
    return scripts


def test_it_is_built_when_its_sources_changed_and_only_then(root: Path) -> None:
    assert build_console(root) == "console built"
    assert calls(root) == ["NPM", "vite.js"]
    assert build_console(root) == "console unchanged"
    assert not (root / "calls").exists()
    (root / "console/src/main.ts").write_text("let x = 2")
    assert build_console(root) == "console built"
    assert calls(root) == ["vite.js"], "npm ci is not repeated while the lock is the same"
    stale = root / "console/node_modules/.package-lock.json"
    os.utime(stale, (1, 1))
    (root / "console/src/main.ts").write_text("let x = 3")
    assert build_console(root) == "console built"
    assert calls(root) == ["NPM", "vite.js"]


def test_what_is_large_enough_is_kept_packed_too(root: Path) -> None:
    build_console(root)
    assert gzip.decompress((root / STATIC / "a.js.gz").read_bytes()) == bytes(2000)
    assert not (root / STATIC / "b.js.gz").exists()


def test_a_failure_names_the_step_and_leaves_no_stamp(root: Path) -> None:
    (root / "fails").touch()
    with pytest.raises(ConsoleFailed) as failed:
        build_console(root)
    for part in ("what went wrong", "`npm ci` failed (exit 3)", "registry", hatch_build.SKIP):
        assert part in str(failed.value)
    (root / "fails").unlink()
    assert build_console(root) == "console built"


@pytest.mark.parametrize(
    "value, expected",
    [("1", "console skipped (TURNKEEPER_SKIP_CONSOLE is set)"), ("0", "console built")],
)
def test_it_can_be_skipped(root: Path, monkeypatch: pytest.MonkeyPatch, value: str, expected: str) -> None:
    monkeypatch.setenv(hatch_build.SKIP, value)
    assert build_console(root) == expected


def test_sources_without_a_console_say_so(tmp_path: Path) -> None:
    assert "no console/package.json" in build_console(tmp_path)


CHANGES = [
    ("content", "src/main.ts", "let x = 2", True),
    ("a new file", "src/other.ts", "", True),
    ("the lock", "package-lock.json", "{ }", True),
    ("packages", "node_modules/a/index.js", "x", False),
    ("a cache of tsc", "tsconfig.tsbuildinfo", "x", False),
]


@pytest.mark.parametrize("label, path, content, matters", CHANGES)
def test_what_the_stamp_covers(root: Path, label: str, path: str, content: str, matters: bool) -> None:
    before = digest_of(root / "console")
    changed = root / "console" / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(content)
    assert (digest_of(root / "console") != before) is matters


def test_the_stamp_covers_names(root: Path) -> None:
    before = digest_of(root / "console")
    (root / "console/src/main.ts").rename(root / "console/src/first.ts")
    assert digest_of(root / "console") != before


def test_the_wheels_node_and_npm_are_found() -> None:
    node, npm = hatch_build.node_and_npm()
    assert os.access(node, os.X_OK)
    assert npm.endswith("npm-cli.js")

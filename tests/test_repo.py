"""The repository keeps its promises to a stranger who clones it.

Rule: nothing tracked names a registry's host or a path of somebody's machine, the lock pins what
pyproject.toml asks for, and what the README says to type exists.
"""

import ast
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.programs import requires

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)(?: ; ([^\\]+))? \\$", re.MULTILINE)

# In pieces, so that this file is not found by its own patterns.
HOSTS = [
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
    ("yarnpkg", "com"), ("npmmirror", "com"), ("debian", "org"), ("jfrog", "io"),
]  # fmt: skip
FOLDERS = ["work", "root", "tmp", "home", "Users"]
HOST = re.compile(r"(?i)\b(" + "|".join(rf"{name}\.{top}" for name, top in HOSTS) + r")\b")
PATH = re.compile(r"(?<![\w.})>-])/(" + "|".join(FOLDERS) + r")/\w|\.\./shar" + "ed")


def git(*args: str) -> str:
    """Return what git says about this checkout; skip where it is not one."""
    program = requires("git")
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    done = subprocess.run([program, *args], cwd=ROOT, check=True, capture_output=True)
    return done.stdout.decode()


def tracked() -> list[Path]:
    """Return the files in git that exist here."""
    paths = (ROOT / name for name in git("ls-files", "-z").split("\0") if name)
    return [path for path in paths if path.is_file()]


def pins(name: str) -> dict[str, str]:
    """Return package -> version of one lock."""
    text = (ROOT / "requirements" / name).read_text()
    return {match[1]: match[2] for match in PIN.finditer(text)}


def direct(name: str) -> set[str]:
    """Return the packages that a lock says pyproject.toml asks for by name."""
    found: set[str] = set()
    package = ""
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        pin = PIN.match(line)
        package = pin[1] if pin else package
        if re.search(r"turnkeeper(:\w+)? \(pyproject\.toml(:\w+)?\)", line):
            found.add(package)
    return found


def asked(*groups: str) -> list[Requirement]:
    """Return what the package and these dependency groups ask for."""
    lines = [*PROJECT["project"]["dependencies"]]
    for group in groups:
        lines += [line for line in PROJECT["dependency-groups"][group] if isinstance(line, str)]
    return [Requirement(line) for line in lines]


def test_nothing_tracked_names_a_registry_or_a_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(text.splitlines(), 1):
            if HOST.search(line) or PATH.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "label, line, found",
    [
        ("a registry", "see https://" + ".".join(HOSTS[0]) + "/project/x", True),
        ("its files", "files." + ".".join(HOSTS[1]), True),
        ("a folder", "cd /" + "work/main", True),
        ("quoted", "'/" + "tmp/x'", True),
        ("a home", "/" + "home/me", True),
        ("the neighbour", "../shar" + "ed/x", True),
        ("a part of a path", "src/" + "work/main", False),
        ("a name", "the debian package, at npm", False),
        ("a url", "http://127.0.0.1:8088/root", False),
    ],
)
def test_the_patterns_find_what_they_should(label: str, line: str, found: bool) -> None:
    assert bool(HOST.search(line) or PATH.search(line)) is found


def test_what_is_built_is_not_tracked() -> None:
    built = ("src/turnkeeper/web/static/", "console/node_modules/", ".venv/", "uv.lock")
    assert [name for name in git("ls-files").splitlines() if name.startswith(built)] == []


@pytest.mark.parametrize("lock, groups", [("runtime.txt", ()), ("dev.txt", ("build", "dev", "bench"))])
def test_the_lock_is_in_step_with_pyproject(lock: str, groups: tuple[str, ...]) -> None:
    pinned = pins(lock)
    wanted = asked(*groups)
    for requirement in wanted:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {lock}: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} but {version}: `make lock`"
    names = {canonicalize_name(requirement.name) for requirement in wanted}
    assert direct(lock) == names, "run `make lock`"


def test_every_pin_has_a_hash() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text()
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        packages = [line for line in lines if not line.startswith(" ")]
        named = {line.partition("==")[0] for line in packages}  # some are pinned twice: for older Pythons
        assert len(named) == len(pins(lock.name)) > 10
        for package, following in zip(lines, [*lines[1:], ""], strict=True):
            assert package.startswith(" ") or following.startswith("    --hash=sha256:"), package


def test_the_locks_agree() -> None:
    assert pins("runtime.txt").items() <= pins("dev.txt").items()


def test_the_build_group_is_what_the_build_asks_for() -> None:
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def test_the_version_is_said_once() -> None:
    import turnkeeper

    assert turnkeeper.__version__ == PROJECT["project"]["version"] == metadata.version("turnkeeper")


COPYLEFT = re.compile(r"(?i)\b(A?GPL|LGPL|MPL|GNU|Mozilla|EUPL|SSPL|BUSL|proprietary)")


DATA_ONLY = {"certifi"}
"""Under the MPL, and no code of it is used: the certificates of the web, which the model clients' httpx brings."""


def test_what_is_installed_with_the_package_is_permissive() -> None:
    for package in set(pins("runtime.txt")) - DATA_ONLY:
        try:
            about = metadata.metadata(package)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python
        told = about.get_all("License-Expression") or about.get_all("License") or []
        classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License")]
        licence = " ".join([*(text[:200] for text in told), *classifiers])
        assert licence.strip(), f"{package} does not tell its licence"
        assert not COPYLEFT.search(licence), f"{package}: {licence}"


def blocks(document: str, language: str) -> list[str]:
    """Return a document's fenced blocks of one language."""
    text = (ROOT / document).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_what_the_readme_says_to_type_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = re.findall(r"\bmake ([a-z]+)", "\n".join(blocks("README.md", "sh")))
    assert {"demo", "test"} <= set(said)
    assert set(said) <= targets


def test_the_readme_s_examples_can_be_read() -> None:
    sources = blocks("README.md", "python")
    settings = blocks("README.md", "toml")
    assert sources
    assert settings
    for source in sources:
        ast.parse(source)
    for setting in settings:
        tomllib.loads(setting)


@pytest.mark.parametrize("page", sorted(p.relative_to(ROOT).as_posix() for p in [
    ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]))  # fmt: skip
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    here = ROOT / page
    for link in re.findall(r"\]\(([^)\s]+)\)", here.read_text("utf-8")):
        if not re.match(r"(https?:|mailto:|#)", link):
            assert (here.parent / link.partition("#")[0]).exists(), link


def test_the_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]

"""The house stands as drawn: imports point one way, the core is pure, SQL lives in store/.

Rule: everything is read from the sources; imports inside functions, under TYPE_CHECKING and
named in strings (`"turnkeeper.channels.waha:Waha"`) count like any other.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"

CORE = {"model", "rules", "text", "flows"}
ADAPTERS = {"channels", "llm", "voice", "payments", "store", "media", "knowledge"}
BELOW_SHELL = CORE | ADAPTERS
SHELL = {"engine", "bots", "web"}
TOP = {"app", "cli", "config", "testing"}

# What each part of the house may import, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "rules": {"model"},
    "text": {"model"},
    "flows": {"model"},
    **dict.fromkeys(ADAPTERS, CORE),
    "engine": BELOW_SHELL,
    "bots": BELOW_SHELL | {"engine"},
    "web": BELOW_SHELL | {"engine", "bots"},
    "testing": BELOW_SHELL | SHELL,
    "config": BELOW_SHELL | SHELL,
    "app": BELOW_SHELL | SHELL | TOP,
    "cli": BELOW_SHELL | SHELL | TOP,
    "__main__": {"cli"},
    "__init__": {"bots", "llm", "model"},
}
EXPORTED = {"Bot": "bots", "ModelsFailed": "bots", "ToolRefused": "llm", "Turn": "bots"}
"""What `turnkeeper` itself exports, by where it is at home; every other class is the model's."""

# The adapters that exist in several kinds. A kind is a module, a package, or `kind_….py` files;
# whatever else lies beside them is shared. app.py and cli/ choose among the kinds.
KINDS = {
    "channels": {"whatsapp_cloud", "waha", "wablas", "whacenter", "telegram"},
    "store": {"sqlite", "postgres"},
    "media": {"disk", "bucket"},
    "payments": {"razorpay", "stripe"},
}
CHOOSES = {"app", "cli", "testing", "channels.registry", "payments.registry"}

PURE = CORE | {"channels", "payments"}
IMPURE_MODULES = set(
    "aiohttp apsw asyncio asyncpg concurrent ctypes fcntl getpass glob http httpx httpx2 io "
    "logging mmap multiprocessing os pathlib random requests secrets select selectors shutil "
    "signal socket socketserver sqlite3 ssl structlog subprocess tempfile threading time "
    "urllib.request uuid uvicorn uvloop".split()
)
IMPURE_CALLS = {"open", "print", "input", "breakpoint", "now", "utcnow", "today"}

SQL = re.compile(
    r"\b(SELECT\s.*\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM"
    r"|(CREATE|ALTER|DROP)\s+(UNIQUE\s+)?(TABLE|INDEX|SCHEMA|POLICY)|PRAGMA\s+\w+)\b"
    r"|^\s*(select\s.*\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|pragma\s+\w+)\s",
    re.DOTALL,
)
NAMED_IN_A_STRING = re.compile(r"(turnkeeper(?:\.[a-z_]\w*)+)(?::\w+)?")


def part_of(module: str) -> str:
    """Return the part of the house that a module belongs to ("engine")."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else "__init__"


def imports_in(tree: ast.AST, modules: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield (line, module) once for everything a source imports, as deep as it can be told."""
    found: dict[tuple[int, str], None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(((node.lineno, alias.name), None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            for alias in node.names:
                deeper = f"{origin}.{alias.name}"
                is_module = deeper in modules or deeper in IMPURE_MODULES
                exported = origin == "turnkeeper" and not alias.name.startswith("__")
                found[node.lineno, deeper if is_module or exported else origin] = None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = NAMED_IN_A_STRING.fullmatch(node.value)
            if named and named[1] in modules:
                found[node.lineno, named[1]] = None
    yield from found


def arrow_complaints(module: str, tree: ast.AST, modules: frozenset[str]) -> Iterator[str]:
    """The arrows between the parts of the house."""
    here = part_of(module)
    if here not in MAY_IMPORT:
        yield f"{module}: {here} is not a part of the house"
        return
    for line, target in imports_in(tree, modules):
        there = part_of(target)
        if there[:1].isupper():
            there = EXPORTED.get(there, "model")
        if target.startswith("."):
            yield f"{module}:{line}: write {target} in full"
        elif target.partition(".")[0] != "turnkeeper" or target == "turnkeeper":
            continue
        elif there != here and there not in MAY_IMPORT[here]:
            yield f"{module}:{line}: {here} must not import {there} ({target})"


def kind_of(module: str) -> tuple[str, str | None]:
    """Return (part of the house, kind of adapter): ("store", "sqlite"), ("store", None)."""
    part = part_of(module)
    name = module.split(".")[2] if module.count(".") > 1 else ""
    kinds = KINDS.get(part, set())
    return part, next((k for k in kinds if name == k or name.startswith(f"{k}_")), None)


def adapter_complaints(module: str, tree: ast.AST, modules: frozenset[str]) -> Iterator[str]:
    """One kind of adapter knows no other; what is shared, and the shell, know none."""
    here = module.removeprefix("turnkeeper.")
    if here in CHOOSES or part_of(module) in CHOOSES:
        return
    for line, target in imports_in(tree, modules):
        if target.startswith("turnkeeper.") and kind_of(target)[1] is not None:
            if kind_of(target) != kind_of(module):
                yield f"{module}:{line}: {here} must not know the adapter {target}"


def purity_complaints(module: str, tree: ast.AST, modules: frozenset[str]) -> Iterator[str]:
    """The core and the adapters of channels and payments do no I/O and read no clock and no randomness."""
    if part_of(module) not in PURE:
        return
    for line, target in imports_in(tree, modules):
        if target in IMPURE_MODULES or target.partition(".")[0] in IMPURE_MODULES:
            yield f"{module}:{line}: pure code must not import {target}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else None
            if isinstance(function, ast.Attribute) and function.attr in ("now", "utcnow", "today"):
                name = function.attr
            if name in IMPURE_CALLS:
                yield f"{module}:{node.lineno}: pure code must not call {name}()"


def strings_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every string but docstrings; what is filled in becomes a `?`."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(piece) for piece in node.values)
            texts = [p.value if isinstance(p, ast.Constant) else "?" for p in node.values]
            yield node.lineno, "".join(map(str, texts))
        elif isinstance(node, ast.Constant) and id(node) not in skipped:
            if isinstance(node.value, str):
                yield node.lineno, node.value


def sql_complaints(module: str, tree: ast.AST, modules: frozenset[str]) -> Iterator[str]:
    """SQL lives in store/ and nowhere else."""
    if part_of(module) == "store":
        return
    for line, text in strings_in(tree):
        if SQL.search(text):
            yield f"{module}:{line}: SQL outside store/: {text[:60]!r}"


Check = Callable[[str, ast.AST, frozenset[str]], Iterator[str]]
CHECKS: list[Check] = [arrow_complaints, adapter_complaints, purity_complaints, sql_complaints]


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    pieces = path.relative_to(SOURCES).with_suffix("").parts
    return ".".join(pieces[:-1] if pieces[-1] == "__init__" else pieces)


def sources() -> dict[str, str]:
    """Return every module of the package with its source."""
    return {module_name(p): p.read_text("utf-8") for p in sorted(SOURCES.rglob("*.py"))}


def test_the_house_stands_as_drawn() -> None:
    found = sources()
    modules = frozenset(found)
    assert {"turnkeeper", "turnkeeper.model.events"} <= modules
    complaints = [
        complaint
        for module, source in found.items()
        for check in CHECKS
        for complaint in check(module, ast.parse(source), modules)
    ]
    assert not complaints, "\n".join(complaints)


MODULES = frozenset(
    "turnkeeper turnkeeper.model turnkeeper.model.events turnkeeper.rules "
    "turnkeeper.rules.start turnkeeper.text turnkeeper.channels turnkeeper.channels.base "
    "turnkeeper.channels.registry turnkeeper.channels.waha turnkeeper.channels.telegram "
    "turnkeeper.llm turnkeeper.voice turnkeeper.store turnkeeper.store.base "
    "turnkeeper.media turnkeeper.media.disk turnkeeper.media.bucket turnkeeper.media.links turnkeeper.engine.clock "
    "turnkeeper.store.sqlite turnkeeper.store.sqlite.rows turnkeeper.store.postgres "
    "turnkeeper.engine turnkeeper.engine.turns turnkeeper.bots turnkeeper.bots.turn "
    "turnkeeper.web turnkeeper.testing turnkeeper.config turnkeeper.app turnkeeper.cli".split()
)

BAD = [
    ("model above", "model.events", "import turnkeeper.rules.start", arrow_complaints),
    ("rules above", "rules.start", "from turnkeeper.channels import base", arrow_complaints),
    ("sideways", "rules.start", "from turnkeeper.text import split", arrow_complaints),
    ("late", "rules.start", "def f():\n  import turnkeeper.engine", arrow_complaints),
    ("for types", "text", "if TYPE_CHECKING:\n  import turnkeeper.bots.turn", arrow_complaints),
    ("in a string", "channels.waha", 'load("turnkeeper.engine.turns:run")', arrow_complaints),
    ("adapters", "llm", "from turnkeeper.store.base import Store", arrow_complaints),
    ("a place of files", "media.disk", "import turnkeeper.media.bucket", adapter_complaints),
    ("past the files' port", "engine.turns", "from turnkeeper.media import disk", adapter_complaints),
    ("files to shell", "media.links", "from turnkeeper.engine.clock import Clock", arrow_complaints),
    ("adapters again", "channels.waha", "import turnkeeper.voice", arrow_complaints),
    ("adapter to shell", "store.sqlite", "import turnkeeper.engine", arrow_complaints),
    ("engine to web", "engine.turns", "import turnkeeper.web", arrow_complaints),
    ("engine to bots", "engine.turns", "from turnkeeper import bots", arrow_complaints),
    ("engine to Bot", "engine.turns", "from turnkeeper import Bot", arrow_complaints),
    ("shell to wiring", "web", "from turnkeeper.app import build", arrow_complaints),
    ("shell to config", "engine.turns", "from turnkeeper import config", arrow_complaints),
    ("product to testing", "engine.turns", "import turnkeeper.testing", arrow_complaints),
    ("testing to wiring", "testing", "import turnkeeper.app", arrow_complaints),
    ("relative", "engine.turns", "from . import web", arrow_complaints),
    ("unknown part", "utils", "x = 1", arrow_complaints),
    ("channels", "channels.waha", "import turnkeeper.channels.telegram", adapter_complaints),
    ("channels late", "channels.waha", "def f():\n  from turnkeeper.channels import telegram",
     adapter_complaints),
    ("stores", "store.sqlite.rows", "from turnkeeper.store import postgres", adapter_complaints),
    ("half a kind", "channels.waha_parse", "import turnkeeper.channels.telegram",
     adapter_complaints),
    ("a port up", "store.base", "import turnkeeper.store.sqlite", adapter_complaints),
    ("past the port", "engine.turns", "import turnkeeper.store.sqlite.rows", adapter_complaints),
    ("past it again", "web", "from turnkeeper.channels import waha", adapter_complaints),
    ("clock", "rules.start", "import time", purity_complaints),
    ("clock's name", "rules.start", "from time import time as at", purity_complaints),
    ("date", "rules.start", "from datetime import datetime\nx = datetime.now()",
     purity_complaints),
    ("random", "model.events", "import random", purity_complaints),
    ("uuid", "model.events", "from uuid import uuid4", purity_complaints),
    ("asyncio", "rules.start", "def f():\n  import asyncio.locks", purity_complaints),
    ("files", "text", "from pathlib import Path", purity_complaints),
    ("open", "flows", "x = open('f')", purity_complaints),
    ("environment", "channels.waha", "import os", purity_complaints),
    ("http", "channels.waha", "from urllib import request", purity_complaints),
    ("sql", "engine.turns", 'q = "SELECT id FROM events"', sql_complaints),
    ("sql in f-string", "web", 'q = f"UPDATE {table} SET x = 1"', sql_complaints),
    ("sql in lower case", "bots.turn", 'q = "  delete from events"', sql_complaints),
    ("sql over lines", "testing", 'q = """SELECT id\n  FROM events"""', sql_complaints),
    ("sql schema", "cli", 'q = "CREATE UNIQUE INDEX x"', sql_complaints),
]  # fmt: skip

GOOD = [
    ("rules to model", "rules.start", "from turnkeeper.model.events import Event"),
    ("adapter to core", "channels.waha", "from turnkeeper import text, rules"),
    ("adapter to port", "channels.waha", "from turnkeeper.channels import base"),
    ("registry", "channels.registry", "import turnkeeper.channels.waha"),
    ("inside a kind", "channels.waha_parse", "import turnkeeper.channels.waha"),
    ("shared", "channels.waha", "from turnkeeper.channels.json_values import text"),
    ("inside a store", "store.sqlite", "from turnkeeper.store.sqlite.rows import Row"),
    ("to the port", "engine.turns", "from turnkeeper.store import base"),
    ("the port's name", "engine.turns", "from turnkeeper.store import Store"),
    ("bots to engine", "bots.turn", "import turnkeeper.engine.turns"),
    ("testing to adapters", "testing", "import turnkeeper.store.sqlite.rows, turnkeeper.web"),
    ("wiring", "app", "import turnkeeper.store.sqlite, turnkeeper.web, turnkeeper.testing"),
    ("content", "app", "from turnkeeper import Bot, Buttons"),
    ("content in a rule", "rules.start", "from turnkeeper import Buttons"),
    ("version", "web", "from turnkeeper import __version__"),
    ("pure dates", "rules.start", "from datetime import datetime, UTC\nx = datetime(2026, 1, 1)"),
    ("shell's clock", "engine.turns", "import time, asyncio"),
    ("sql in store", "store.sqlite", 'q = "SELECT id FROM events"'),
    ("prose", "web", '"""SELECT a FROM b."""\nx = "Select a channel from the list"'),
    ("url parts", "channels.waha", "from urllib.parse import quote"),
]


@pytest.mark.parametrize("label, module, source, check", BAD, ids=[row[0] for row in BAD])
def test_each_rule_can_fail(label: str, module: str, source: str, check: Check) -> None:
    found = list(check(f"turnkeeper.{module}", ast.parse(source), MODULES))
    assert len(found) == 1, found


@pytest.mark.parametrize("label, module, source", GOOD, ids=[row[0] for row in GOOD])
def test_what_is_allowed_passes(label: str, module: str, source: str) -> None:
    tree = ast.parse(source)
    assert [c for check in CHECKS for c in check(f"turnkeeper.{module}", tree, MODULES)] == []

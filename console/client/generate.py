"""Writes docs/openapi.json, and from it console/src/api/schema.d.ts. `make client` runs it.

Its packages are apart from the console's: the generator needs an older TypeScript than the pages are checked with.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from hatch_build import ConsoleFailed, NodeCalls, install_packages  # noqa: E402
from turnkeeper.web.api.described import digest, written  # noqa: E402

SCHEMA = ROOT / "console/src/api/schema.d.ts"


def main() -> None:
    """Write both."""
    document = written()
    (ROOT / "docs/openapi.json").write_text(document, "utf-8")
    calls = NodeCalls(ROOT / "console/client")
    try:
        install_packages(calls)
        calls.run("`npm run generate`", "The lines above say why.", calls.npm, "run", "generate")
    except ConsoleFailed as failure:
        sys.exit(str(failure))
    made = SCHEMA.read_text("utf-8")
    SCHEMA.write_text(f"// Made by `make client` from docs/openapi.json {digest(document)}\n{made}", "utf-8")


if __name__ == "__main__":
    main()

"""The description of the API that stands in docs/ is the app's, and the console's client was made from it."""

import json
from pathlib import Path

from turnkeeper.web.api.described import digest, written

ROOT = Path(__file__).parents[2]
AGAIN = "run `make client` and commit what it writes"


def test_the_kept_description_is_the_apps() -> None:
    assert (ROOT / "docs/openapi.json").read_text("utf-8") == written(), AGAIN


def test_the_consoles_client_was_made_from_it() -> None:
    first = (ROOT / "console/src/api/schema.d.ts").read_text("utf-8").split("\n", 1)[0]
    assert first.rpartition(" ")[2] == digest(written()), AGAIN


def test_operations_are_told_apart_and_say_what_they_do() -> None:
    paths = json.loads(written())["paths"]
    operations = [each for path in paths.values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert [each["operationId"] for each in operations if not each.get("description", each.get("summary"))] == []

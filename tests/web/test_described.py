"""What the API says of itself holds: whatever is sent, no error of ours, and no answer that is not described.

Each address is also asked with the other workspace's ids: nothing of theirs is told, and nothing of theirs changes.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.web.two_workspaces import MARK, MINE, THEIRS, Answered, Request, Site, made_up, two_workspaces

EACH = 4
ENDLESS = {"GET /api/v1/live"}
"""Streams, which have tests of their own."""
NAMED = {"/flows/": "flow", "/bots/": "bot_id", "/channels/": "channel_id"}
"""What a `name` in a path is the name of."""


def of(site: Site, request: Request, whose: str) -> dict[str, str]:
    """The ids of a workspace for the parameters of a path, as far as there are such."""
    known = next(ids for workspace, ids in site.ids.items() if workspace == whose)
    found = {name: known[name] for name in request.parameters if name in known}
    for place, kind in NAMED.items():
        if f"{place}{{name}}" in request.place:
            found["name"] = known[kind]
    return found


def problems(request: Request, said: Answered, asked: dict[str, str], described: dict[str, Any]) -> list[str]:
    """What is wrong with an answer. The ids that were asked for may be said again."""
    told = said.body
    for each in asked.values():
        told = told.replace(each.encode(), b"")
    found = []
    if said.status >= 500:
        found.append("an error of ours")
    elif str(said.status) not in described:
        found.append("a status that is not described")
    if MARK.encode() in told:
        found.append("tells something of theirs")
    return [f"{request.label} {asked} {request.query} {request.body!r}: {said}: {each}" for each in found]


@pytest.mark.limit(60)
async def test_whatever_is_sent(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with two_workspaces(tmp_path) as site:
        before, crossed = site.rows_of(THEIRS), 0
        for request in made_up(site.description, EACH):
            if request.label in ENDLESS:
                continue
            described = site.description["paths"][request.place][request.method.lower()]["responses"]
            for whose in (THEIRS, MINE):
                asked = of(site, request, whose)
                crossed += bool(asked) and whose is THEIRS
                wrong += problems(request, await site.send(request, MINE, asked), asked, described)
        first = {each.partition("{")[0] + each[-30:]: each for each in reversed(wrong)}
        assert not wrong, "\n\n".join(list(first.values())[:20])
        assert crossed > 50
        assert site.rows_of(THEIRS) == before

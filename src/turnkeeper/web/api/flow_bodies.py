"""What the API for flows is told, and how it tells of flows: JSON in, JSON out, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from turnkeeper.flows.moving import Mapped
from turnkeeper.flows.problems import Problem
from turnkeeper.flows.reading import LARGEST
from turnkeeper.model.flows import FlowHead, VersionHead
from turnkeeper.web.api.refusals import Refusal, Wrong
from turnkeeper.web.webhooks import Headers

LARGEST_BODY = LARGEST + 65_536
"""Bytes of a request: a drawing, and what is said of it."""
LONGEST_NAME = 100
_MOST_TOLD = 500
"""Problems that one answer tells."""
T = TypeVar("T")


class Creating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new flow. `bot`: needed where several bots of the workspace are flows."""

    document: dict[str, Any]
    bot: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Publishing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said as a flow is published. `mapping`: of older versions, nodes to nodes of the new one."""

    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    mapping: Mapped = {}


class GoingBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version people begin from now on."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


def read_body(body: bytes, kind: type[T]) -> T:
    """A body of one of these kinds; nothing stands for all defaults. Raises Refusal."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        problem, _, at = str(error).partition(" - at `")
        raise Refusal(422, "nothing of this request was taken", [Wrong(at.rstrip("`") or "$", problem)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Refusal(400, "the body is not JSON: nested too deep") from None


def packed(document: Mapping[str, Any]) -> bytes:
    """A drawing as it is kept. Raises Refusal."""
    try:
        kept = msgspec.json.encode(document)
    except (RecursionError, ValueError, OverflowError):
        raise Refusal(400, "the document is nested too deep, or a number in it is too large") from None
    if len(kept) > LARGEST:
        raise Refusal(413, f"the document is larger than {LARGEST} bytes")
    return kept


def name_of(document: Mapping[str, Any]) -> str:
    """What a drawing is called, which names it in addresses. Raises Refusal."""
    name = document.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise Refusal(422, f'the document needs a "name" of 1 to {LONGEST_NAME} characters')
    if not name.isprintable() or "/" in name or name in (".", ".."):
        raise Refusal(422, "the document's name stands in addresses: leave out slashes and what cannot be shown")
    return name


def expected(headers: Headers) -> int | None:
    """The revision that `If-Match` names; None for none, or any. Raises Refusal."""
    said = headers.get("if-match", "").strip()
    if said in ("", "*"):
        return None
    number = said.strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Refusal(400, 'If-Match is the revision as it was told, such as "3"')
    return int(number)


def query_of(raw: bytes) -> dict[str, str]:
    """The parameters of an address, the last of a name."""
    text = raw.decode("latin-1")
    if len(text) > 2000:
        raise Refusal(400, "the address is too long")
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True, max_num_fields=20).items()}


def version_in(said: str) -> int:
    """A version's number in an address. Raises Refusal."""
    if not said.isascii() or not said.isdigit() or not 0 < len(said) < 10:
        raise Refusal(404, f"{said[:40]!r} is not a version")
    return int(said)


def wrongs(problems: Iterable[Problem]) -> list[Wrong]:
    """What is wrong in a flow, as problems are told: the first of them, which are errors if there are any."""
    return [Wrong(each.where, each.what, each.mend, each.level) for each in islice(problems, _MOST_TOLD)]


def head_words(head: FlowHead, *, fixed: bool) -> dict[str, Any]:
    """A flow without its drawing. `fixed`: it stands in a file of the configuration."""
    return {
        "name": head.name,
        "bot": head.bot_id,
        "revision": head.revision,
        "published": head.published,
        "changed_at": head.changed_at,
        "changed_by": head.changed_by,
        "read_only": fixed,
    }


def version_words(version: VersionHead) -> dict[str, Any]:
    """A version without its drawing."""
    return {
        "version": version.version,
        "published_at": version.published_at,
        "published_by": version.published_by,
        "note": version.note,
        "mapping": msgspec.Raw(version.mapping),
    }

"""What bots look things up in: bases, their documents, what is found for a question.

A document is sent as it is, as the body; it is on disk when that is answered, and read a moment later.
"""

import asyncio
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from turnkeeper.bots.library import source_of
from turnkeeper.engine.documents import Intake
from turnkeeper.knowledge.base import LARGEST
from turnkeeper.knowledge.reading import READ_BY, is_readable
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.knowledge import DocumentRow, DocumentUpload, Ranked
from turnkeeper.web.api.access import Access, Administers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.bot_bodies import NAME, Name, Named, ProblemOfSetting, Source, desk_of, problems_told, refusing
from turnkeeper.web.api.bot_ports import BaseSeen, Made
from turnkeeper.web.api.limits import STREAMS
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(prefix="/knowledge", tags=["knowledge"])
STREAMS.append(re.compile(r"/api/v1/knowledge/[^/]+/documents/[^/]+"))
LONGEST_NAME = 200
_LONGEST_QUESTION = 2_000
_LONGEST_NUMBER = 16
_SLOWEST = 600.0
"""Seconds that sending a document may take."""
BaseName = Annotated[str, Path(pattern=NAME, description="The base's name.")]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Key = Annotated[str, Path(max_length=1000, description="The document's name, or its path in the base's folder.")]


class Base(BaseModel):
    """A base. `folder`: the one that it follows; `embeddings`: the model that makes its vectors. `waiting`: documents
    that are yet to be read."""

    name: str
    source: Source
    folder: str
    embeddings: str
    used_by: list[str]
    passages: int
    without_vector: int
    documents: int
    refused: int
    waiting: int
    problems: list[ProblemOfSetting]


class MakingBase(BaseModel):
    """A new base. `embeddings`: a model, as `provider/model`, that makes vectors; else words alone are searched."""

    name: Name
    embeddings: str = Field("", max_length=200)


class Document(BaseModel):
    """A document. `waiting`: it is yet to be read, and what was read of it before counts until then; `refused` has a
    `reason`. `kept`: its file is kept, so that it can be read again."""

    key: str
    title: str
    origin: Literal["folder", "upload"]
    state: Literal["waiting", "kept", "refused"]
    reason: str | None
    size: int
    passages: int
    changed_at: float
    kept: bool


class DocumentPage(BaseModel):
    """Documents by name. `limit_bytes`, `endings`: what can be sent here."""

    items: list[Document]
    next: str | None
    limit_bytes: int
    endings: list[str]


class Passage(BaseModel):
    """A passage that was found. `covers`: the share of the question's words that are in it, 0 to 1."""

    document: str
    title: str
    heading: str
    page: int | None
    text: str
    covers: float
    score: float
    source: str


class Found(BaseModel):
    """The best first. `told`: why there is less than there could be."""

    passages: list[Passage]
    told: list[str]


@router.get("")
async def list_bases(access: Reads, behind: Behind) -> list[Base]:
    """All bases of the workspace."""
    with refusing():
        found = await desk_of(behind).bots.bases(access.workspace_id)
    return [await _base(behind, each) for each in found]


@router.post("", status_code=201)
async def create_base(body: MakingBase, access: Administers, behind: Behind) -> Named:
    """Make a base, which documents can be sent to."""
    table = {"embeddings": body.embeddings} if body.embeddings else {}
    with refusing():
        made = await desk_of(behind).bots.make(Made(access.workspace_id, "knowledge", body.name), table, access.who)
    await access.note("knowledge.created", made)
    return Named(name=made)


@router.delete("/{base}", status_code=204)
async def delete_base(base: BaseName, access: Administers, behind: Behind) -> Response:
    """Delete a base that was made in the console and that no bot names, with its documents."""
    seen = await _asked(behind, access, base)
    if seen.source == "file":
        raise Refusal(409, f"{base} stands in turnkeeper.toml: whoever runs the server changes it there")
    with refusing():
        await desk_of(behind).bots.drop(Made(access.workspace_id, "knowledge", base))
    keys = [each.key for each in await _documents(behind, seen)]
    await behind.store.remove_documents(seen.key, keys)
    await access.note("knowledge.deleted", base, {"documents": len(keys)})
    return Response(status_code=204)


@router.get("/{base}")
async def read_base(base: BaseName, access: Reads, behind: Behind) -> Base:
    """One base."""
    return await _base(behind, await _asked(behind, access, base))


@router.get("/{base}/documents")
async def list_documents(
    base: BaseName,
    access: Reads,
    behind: Behind,
    after: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> DocumentPage:
    """A base's documents, by name, and how each stands."""
    found = await _documents(behind, await _asked(behind, access, base))
    left = [each for each in found if after is None or each.key > after]
    page = left[:limit]
    following = page[-1].key if len(left) > limit else None
    return DocumentPage(items=page, next=following, limit_bytes=LARGEST, endings=sorted(READ_BY))


@router.put("/{base}/documents/{key}", status_code=202, openapi_extra=_FILE)
async def upload_document(base: BaseName, key: Key, request: Request, access: Administers, behind: Behind) -> Document:
    """Send a document, instead of an older one of that name; it is read a moment later."""
    seen = await _asked(behind, access, base)
    _check_name(key)
    before = {each.key: each for each in await behind.store.documents(seen.key)}.get(key)
    if before is not None and before.origin == "folder":
        raise Refusal(409, f"{key} is in the folder of this base: change it there, or give yours another name")
    taken = await _taken(desk_of(behind).intake, seen, key, request)
    await access.note("document.uploaded", key, {"base": base, "size": taken.size})
    return _document(before, taken)


@router.post("/{base}/documents/{key}/read", status_code=202)
async def read_document_again(base: BaseName, key: Key, access: Administers, behind: Behind) -> Response:
    """Have a document read once more, as after an update that reads more."""
    seen = await _asked(behind, access, base)
    if not await behind.store.read_again(seen.key, key, behind.now()):
        there = any(each.key == key for each in await behind.store.documents(seen.key))
        if there:
            raise Refusal(409, f"the file of {key} is not kept here: documents of a folder are followed by themselves")
        raise Refusal(404, f"there is no document {key} in {base}")
    return Response(status_code=202)


@router.delete("/{base}/documents/{key}", status_code=204)
async def delete_document(base: BaseName, key: Key, access: Administers, behind: Behind) -> Response:
    """Forget a document; bots find nothing of it from now on."""
    seen = await _asked(behind, access, base)
    for each in await behind.store.documents(seen.key):
        if each.key == key and each.origin == "folder":
            raise Refusal(409, f"{key} is in the folder of this base: delete it there, else it comes back")
    if not await behind.store.remove_documents(seen.key, [key]):
        raise Refusal(404, f"there is no document {key} in {base}")
    await access.note("document.deleted", key, {"base": base})
    return Response(status_code=204)


@router.get("/{base}/search")
async def search_base(
    base: BaseName,
    access: Reads,
    behind: Behind,
    q: Annotated[str, Query(min_length=1, max_length=_LONGEST_QUESTION, description="As a person would ask it.")],
    most: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Found:
    """The passages that a bot would find for a question."""
    seen = await _asked(behind, access, base)
    found = await desk_of(behind).searcher.search([seen.key], q, most)
    return Found(passages=[_passage(each) for each in found.found], told=list(found.told))


async def _taken(intake: Intake, seen: BaseSeen, key: str, request: Request) -> DocumentUpload:
    """The body, on disk."""
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdigit() and len(announced) < _LONGEST_NUMBER else None
    try:
        async with asyncio.timeout(_SLOWEST):
            return await intake.take(seen.key, key, request.stream(), size)
    except MediaRefused as refused:
        raise Refusal(413, f"{refused.detail}; send it in parts") from None
    except MediaUnavailable as error:
        raise Refusal(503, f"{error}; try again") from None
    except TimeoutError:
        raise Refusal(408, "the file came too slowly") from None
    except ClientDisconnect:
        raise Refusal(400, "the file was cut off") from None


async def _asked(behind: Backend, access: Access, base: str) -> BaseSeen:
    with refusing():
        found = await desk_of(behind).bots.bases(access.workspace_id)
    for each in found:
        if each.key.base == base:
            return each
    raise Refusal(404, f"there is no base {base} in this workspace")


def _check_name(key: str) -> None:
    if len(key) > LONGEST_NAME or not key.isprintable() or "/" in key or "\\" in key or key.startswith("."):
        problem = f"a document's name has at most {LONGEST_NAME} characters, no slashes, and no dot in front"
        raise Refusal(422, problem)
    if not is_readable(key):
        raise Refusal(422, f"{key} cannot be read: send a file that ends in {', '.join(sorted(READ_BY))}")


async def _base(behind: Backend, seen: BaseSeen) -> Base:
    row = await behind.store.find_base(seen.key)
    documents = await _documents(behind, seen)
    states = [each.state for each in documents]
    return Base(
        name=seen.key.base,
        source=seen.source,
        folder=seen.folder,
        embeddings=seen.embeddings,
        used_by=[str(each) for each in seen.used_by],
        passages=row.passages,
        without_vector=row.without_vector if seen.embeddings else 0,
        documents=len(documents),
        refused=states.count("refused"),
        waiting=states.count("waiting"),
        problems=problems_told(seen.problems),
    )


async def _documents(behind: Backend, seen: BaseSeen) -> list[Document]:
    rows = {each.key: each for each in await behind.store.documents(seen.key)}
    uploads = {each.key: each for each in await behind.store.uploaded(seen.key)}
    return [_document(rows.get(key), uploads.get(key)) for key in sorted(rows.keys() | uploads.keys())]


def _document(row: DocumentRow | None, upload: DocumentUpload | None) -> Document:
    """A row that was read, an upload that may wait, or both."""
    waits = upload is not None and upload.due_at is not None
    either = row or upload
    assert either is not None
    return Document(
        key=either.key,
        title=row.title if row is not None else either.key,
        origin=row.origin if row is not None else "upload",
        state="waiting" if waits or row is None else row.state,
        reason=None if waits or row is None else row.reason,
        size=upload.size if upload is not None else either.size,
        passages=0 if row is None else row.passages,
        changed_at=upload.uploaded_at if waits and upload is not None else _changed_at(row, upload),
        kept=upload is not None,
    )


def _changed_at(row: DocumentRow | None, upload: DocumentUpload | None) -> float:
    if row is not None:
        return row.updated_at
    return 0.0 if upload is None else upload.uploaded_at


def _passage(each: Ranked) -> Passage:
    return Passage(
        document=each.passage.key,
        title=each.passage.title,
        heading=each.passage.heading,
        page=each.passage.page,
        text=each.passage.text,
        covers=each.covered,
        score=each.score,
        source=source_of(each.passage),
    )

"""`/api/v1/flows`: the addresses of flows, and what they take and tell.

Parameters that `FlowsApi` reads for itself stand here for the description.
"""
# ruff: noqa: ARG001

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from turnkeeper.web.api.access import Access, Draws
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.flow_bodies import LARGEST_BODY
from turnkeeper.web.api.flows import Asked
from turnkeeper.web.api.problems import Problem, ProblemPlace
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Message
from turnkeeper.web.bodies import Bodies, Refused
from turnkeeper.web.webhooks import Headers

router = APIRouter(prefix="/flows", tags=["flows"])
_bodies = Bodies(largest=LARGEST_BODY)
_SAID = {
    400: "the body was cut off",
    408: "the body came too slowly",
    413: f"the request is larger than {LARGEST_BODY} bytes",
}


class FlowHeadBody(BaseModel):
    """A flow without its drawing. `revision` counts the changes of its draft; `published`: the version in which people
    begin."""

    name: str
    bot: str
    revision: int
    published: int | None
    changed_at: float
    changed_by: str
    read_only: bool = Field(description="It stands in a file of the configuration.")


class FlowListBody(BaseModel):
    """The flows of a workspace."""

    flows: list[FlowHeadBody]


class FlowBody(FlowHeadBody):
    """A flow with its draft."""

    document: dict[str, Any]


class NewFlowBody(BaseModel):
    """A new flow. `bot` may be left out where one bot of the workspace is flows."""

    document: dict[str, Any] = Field(examples=[{"name": "welcome", "nodes": [], "edges": []}])
    bot: str = Field("", max_length=100)


class CheckBody(BaseModel):
    """What is wrong; an `error` keeps a flow from being published."""

    ok: bool
    problems: list[ProblemPlace]


class PublishBody(BaseModel):
    """What is said as a flow is published. `mapping`: of older versions, nodes to nodes of the new one."""

    note: str = Field("", max_length=1000)
    mapping: dict[str, dict[str, str]] = {}


class VersionHeadBody(BaseModel):
    """A published version without its drawing."""

    version: int
    published_at: float
    published_by: str
    note: str
    mapping: dict[str, dict[str, str]]


class PublishedBody(VersionHeadBody):
    """The version that was made."""

    warnings: list[ProblemPlace]


class VersionBody(VersionHeadBody):
    """A published version."""

    document: dict[str, Any]


class VersionListBody(BaseModel):
    """All versions, the newest first; `published`: the one in which people begin."""

    published: int | None
    versions: list[VersionHeadBody]


class BackBody(BaseModel):
    """Which version people begin in from now on."""

    version: int = Field(ge=1, le=2**31 - 1)


class NodeNumbersBody(BaseModel):
    """How often one node was entered and left, by which exit."""

    flow: str
    version: int
    node: str
    entered: int
    left: dict[str, int]
    waiting: int
    gave_up: int


class FlowNumbersBody(BaseModel):
    """The numbers of a flow's nodes."""

    flow: str
    bot: str
    nodes: list[NodeNumbersBody]


Bot = Annotated[str | None, Query(description="Whose flow, where several bots have one of the name.", max_length=100)]
Revision = Annotated[str | None, Header(description='The revision that was changed: `"3"`, or `*` for any.')]
Version = Annotated[str | None, Query(description="The version; left out: the draft, or all.", max_length=20)]


def _takes(model: type[BaseModel] | None) -> dict[str, Any]:
    """The description of a body that is read by hand: drawings are large, and kept as they were written."""
    schema: dict[str, Any] = {"type": "object"} if model is None else model.model_json_schema()
    schema.pop("title", None)
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def _more(*statuses: int) -> dict[int | str, dict[str, Any]]:
    said = {400: "It cannot be read.", 409: "It is not so now.", 412: "It was changed meanwhile.",
            413: "It is too large.", 428: "Say which revision was changed."}  # fmt: skip
    return {status: {"model": Problem, "description": said[status]} for status in (400, 413, *statuses)}


async def _answer(request: Request, access: Access, behind: Behind, *place: str) -> Response:
    try:
        body = await _bodies.read(_receive(request))
    except Refused as refused:
        raise Refusal(refused.status, _SAID[refused.status]) from None
    headers = Headers(request.scope["headers"])
    asked = Asked(access.workspace_id, access.who, headers, dict(request.query_params), body)
    assert behind.flows is not None
    start, told = await behind.flows.answered(asked, request.method, *place)
    response = Response(told["body"], start["status"])
    response.raw_headers = list(start["headers"])
    return response


async def _noted(access: Access, response: Response, what: str, name: str) -> Response:
    """The answer, and a line in the audit log where something was done."""
    if response.status_code < 300:
        await access.note(f"flow.{what}", name)
    return response


def _receive(request: Request) -> Any:
    async def receive() -> Message:
        return await request.receive()

    return receive


Name = Annotated[str, Path(description="The flow.", max_length=200)]
Numbered = Annotated[str, Path(description="The version.", max_length=40)]


@router.get("", response_model=FlowListBody)
async def list_flows(request: Request, access: Draws, behind: Behind, bot: Bot = None) -> Response:
    """The flows of the workspace, or those of one bot."""
    return await _answer(request, access, behind)


@router.post("", status_code=201, response_model=FlowHeadBody, openapi_extra=_takes(NewFlowBody), responses=_more(409))
async def create_flow(request: Request, access: Draws, behind: Behind) -> Response:
    """Make a flow; it is a draft until it is published."""
    made = await _answer(request, access, behind)
    return await _noted(access, made, "created", str(msgspec.json.decode(made.body)["name"]))


@router.get("/{name}", response_model=FlowBody, responses=_more(409))
async def read_flow(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """A flow with its draft; its `ETag` is the revision."""
    return await _answer(request, access, behind, name)


@router.put("/{name}", response_model=FlowHeadBody, openapi_extra=_takes(None), responses=_more(409, 412, 428))
async def replace_flow(
    request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None, if_match: Revision = None
) -> Response:
    """Replace the draft, where nobody else has changed it since."""
    return await _answer(request, access, behind, name)


@router.delete("/{name}", status_code=204, response_model=None, responses=_more(409))
async def delete_flow(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """Delete a flow that is not published."""
    return await _noted(access, await _answer(request, access, behind, name), "deleted", name)


@router.post("/{name}/check", response_model=CheckBody, openapi_extra=_takes(None), responses=_more(409))
async def check_flow(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """What is wrong in the draft, or in a drawing that is sent along and not kept."""
    return await _answer(request, access, behind, name, "check")


@router.post(
    "/{name}/publish",
    status_code=201,
    response_model=PublishedBody,
    openapi_extra=_takes(PublishBody),
    responses=_more(409, 412),
)
async def publish_flow(
    request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None, if_match: Revision = None
) -> Response:
    """Publish the draft: people begin in it from now on."""
    return await _noted(access, await _answer(request, access, behind, name, "publish"), "published", name)


@router.post("/{name}/unpublish", response_model=FlowHeadBody, responses=_more(409))
async def unpublish_flow(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """Nobody begins in it any more; who is inside finishes."""
    return await _noted(access, await _answer(request, access, behind, name, "unpublish"), "unpublished", name)


@router.post("/{name}/back", response_model=FlowHeadBody, openapi_extra=_takes(BackBody), responses=_more(409))
async def return_to_version(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """People begin in an older version from now on."""
    return await _noted(access, await _answer(request, access, behind, name, "back"), "returned", name)


@router.get("/{name}/versions", response_model=VersionListBody, responses=_more(409))
async def list_flow_versions(request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None) -> Response:
    """Every version that was published."""
    return await _answer(request, access, behind, name, "versions")


@router.get("/{name}/versions/{version}", response_model=VersionBody, responses=_more(409))
async def read_flow_version(
    request: Request,
    access: Draws,
    behind: Behind,
    name: Name,
    version: Annotated[str, Path(max_length=20)],
    bot: Bot = None,
) -> Response:
    """One version with its drawing."""
    return await _answer(request, access, behind, name, "versions", version)


@router.get("/{name}/export", response_model=None, responses=_more(409))
async def export_flow(
    request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None, version: Version = None
) -> Response:
    """The draft's drawing as a file, or a version's."""
    return await _answer(request, access, behind, name, "export")


@router.get("/{name}/numbers", response_model=FlowNumbersBody, responses=_more(409))
async def read_flow_numbers(
    request: Request, access: Draws, behind: Behind, name: Name, bot: Bot = None, version: Version = None
) -> Response:
    """How often its nodes were entered and left."""
    return await _answer(request, access, behind, name, "numbers")

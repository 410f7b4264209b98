"""`/api/v1/workspaces`: tenants, made by the owners of `default`, who are those that run this server."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from turnkeeper.model.ids import DEFAULT_WORKSPACE, WorkspaceId
from turnkeeper.model.people import Role, Workspace
from turnkeeper.web.api.access import Access, Owns, Somebody
from turnkeeper.web.api.backend import Behind
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.sign_in import person
from turnkeeper.web.api.sign_in_bodies import Given, HomeBody, Name

router = APIRouter(prefix="/workspaces", tags=["workspaces"])
MOST = 1000
"""Workspaces of a server."""
WorkspaceName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="Names it in addresses and settings; it stays.")
]


class NewWorkspaceBody(Given):
    """A tenant that is to be made."""

    id: WorkspaceName
    name: Name


class WorkspaceNameBody(Given):
    """What a workspace is called."""

    name: Name


@router.post("", status_code=201)
async def create_workspace(given: NewWorkspaceBody, identity: Somebody, behind: Behind) -> HomeBody:
    """Make a workspace, of which one is the owner."""
    user_id = person(identity)
    if identity.roles.get(DEFAULT_WORKSPACE) is not Role.OWNER:
        raise Refusal(403, f"owners of the workspace {DEFAULT_WORKSPACE} make workspaces")
    if len(await behind.store.workspaces()) >= MOST:
        raise Refusal(409, f"there are {MOST} workspaces already")
    made = Workspace(WorkspaceId(given.id), given.name, behind.now())
    if not await behind.store.add_workspace(made, user_id):
        raise Refusal(409, f"there is a workspace {given.id!r} already")
    access = Access(made.workspace_id, Role.OWNER, identity, behind)
    await access.note("workspace.created", given.id, {"name": given.name})
    return HomeBody(id=given.id, name=given.name, role=Role.OWNER)


@router.put("/name", status_code=204)
async def rename_workspace(given: WorkspaceNameBody, access: Owns, behind: Behind) -> None:
    """Call a workspace something else."""
    await behind.store.rename_workspace(access.workspace_id, given.name)
    await access.note("workspace.renamed", access.workspace_id, {"name": given.name})

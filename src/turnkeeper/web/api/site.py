"""The API as one FastAPI app: its routers, its description, and every problem in one form (RFC 9457).

Imported only once somebody asks for it (`lazy.py`): a server that answers webhooks alone need not hold it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

import turnkeeper
from turnkeeper.model.errors import NotKept, StoreError
from turnkeeper.web.api import (
    answering,
    api_tokens,
    audit,
    bots,
    canned,
    channels,
    contacts,
    conversations,
    drawing,
    knowledge,
    live,
    me,
    members,
    messages,
    overview,
    prompts,
    provider,
    sign_in,
    simulator,
    thread,
    traces,
    workspaces,
)
from turnkeeper.web.api.access import SIGNED_IN
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.limits import Limited
from turnkeeper.web.api.private import Private
from turnkeeper.web.api.problems import PROBLEMS, Problem, told_once
from turnkeeper.web.api.refusals import Refusal, Wrong

log = logging.getLogger("turnkeeper.web")
PREFIX = "/api/v1"
_FRESH = ("cache-control", "no-store")
_MOST_WRONGS = 50


def routers() -> Sequence[APIRouter]:
    """Every part of the API; each stands in a file of its own."""
    return (
        sign_in.router,
        provider.router,
        me.router,
        members.router,
        workspaces.router,
        api_tokens.router,
        audit.router,
        conversations.router,
        live.router,
        drawing.router,
        bots.router,
        channels.router,
        contacts.router,
        prompts.router,
        knowledge.router,
        traces.router,
        overview.router,
        thread.router,
        answering.router,
        messages.router,
        canned.router,
        simulator.router,
    )


def build_api(backend: Backend, parts: Sequence[APIRouter] | None = None) -> FastAPI:
    """The app over what it works with; `parts`: other routers than all."""
    app = _Described(
        title="Turnkeeper",
        version=turnkeeper.__version__,
        summary="Conversations, who answers them, and what they are made with.",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=_named,
        responses={status: {"model": Problem, "description": said} for status, said in PROBLEMS.items()},
    )
    app.state.backend = backend
    for router in routers() if parts is None else parts:
        app.include_router(router, prefix=PREFIX, dependencies=list(SIGNED_IN))
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _not_taken)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(StoreError, _away)
    app.add_exception_handler(NotKept, _not_kept)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Limited)
    app.add_middleware(Private)
    return app


class _Described(FastAPI):
    """FastAPI would say the same of every problem at every address."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return told_once(super().openapi()) if self.openapi_schema is None else self.openapi_schema


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    return app.openapi()


def _named(route: APIRoute) -> str:
    return route.name


def _told(refusal: Refusal) -> Response:
    start, body = refusal.answer()
    later = {408: {"connection": "close"}, 413: {"connection": "close"}, 429: {"retry-after": "60"}}
    headers = {_FRESH[0]: _FRESH[1]} | later.get(refusal.status, {})
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    if refusal.status == 503:
        headers["retry-after"] = "5"
    return Response(body["body"], start["status"], headers, "application/problem+json")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _told(error)


async def _not_taken(_: Request, error: Exception) -> Response:
    """A body or a parameter that is not as described; what was sent is not said again."""
    assert isinstance(error, RequestValidationError)
    wrongs = [Wrong(_place(each["loc"]), str(each["msg"])) for each in error.errors()[:_MOST_WRONGS]]
    return _told(Refusal(422, "; ".join(f"{each.where}: {each.problem}" for each in wrongs[:3]), wrongs))


def _place(loc: Sequence[str | int]) -> str:
    return ".".join(str(each) for each in loc if each != "body") or "body"


async def _not_there(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: f"there is no such address; {PREFIX}/openapi.json lists them", 405: "that address has other methods"}
    told = _told(Refusal(error.status_code, said.get(error.status_code, str(error.detail))))
    for name, value in (error.headers or {}).items():
        told.headers[name] = value
    return told


async def _away(_: Request, error: Exception) -> Response:
    log.warning("the API could not ask the database: %s", error)
    return _told(Refusal(503, "the database cannot be asked now, try again"))


async def _not_kept(_: Request, __: Exception) -> Response:
    return _told(Refusal(422, "something in it holds a character that cannot be kept (NUL)"))


async def _broken(request: Request, error: Exception) -> Response:
    log.error("a request of the API ended with an error of our own: %s", request.url.path, exc_info=error)
    return _told(Refusal(500, "an error of the server's own; it is in its log"))

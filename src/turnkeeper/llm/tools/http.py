"""Calls of an operator's HTTP service as tools, declared in the configuration.

The address is the operator's, so it may be internal; what a model fills in can change neither host nor path: it is
one segment of the path, one value of the query, or a value of the body. Redirects are followed on the same origin
only, and a reply is read up to a limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import LONGEST_RESULT, NotBegun, ToolContext, WrongArguments
from turnkeeper.llm.toolbox import failed as failing
from turnkeeper.llm.tools.declared import PLACE, HttpToolConfig, Kind, Parameter, complaint, names_in
from turnkeeper.model.llm import ToolSpec

LARGEST_REPLY = 256 * 1024
"""Bytes that are read of a reply."""
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_MOST_REDIRECTS = 3
_LONGEST_VALUE = 2_000
_SHOWN_OF_ERROR = 1_000
_TYPES: dict[Kind, tuple[type, ...]] = {
    "string": (str, int, float),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


class HttpTool:
    """An HTTP call as a Tool, over a client that follows no redirects by itself."""

    def __init__(self, config: HttpToolConfig, client: httpx2.AsyncClient) -> None:
        """Raises ValueError for an address that names a parameter which is not declared, or an optional one."""
        if problem := complaint(config.url):
            raise ValueError(f"{config.url} {problem}")
        for name in names_in(config.url):
            if name not in config.parameters or config.parameters[name].optional:
                raise ValueError(f"{{{name}}} in the address is no parameter that is always given")
        self._config = config
        self._client = client
        self.effect: bool = config.effect
        self.repeatable = config.method in ("GET", "PUT", "DELETE")
        """As HTTP defines its methods; whether a service minds its Idempotency-Key nobody knows."""
        self.spec = ToolSpec(config.name, config.description, _schema(config.parameters))

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises WrongArguments."""
        known = self._config.parameters
        for name in arguments:
            if name not in known:
                raise WrongArguments(f"{name[:64]}: there is no such parameter, only {', '.join(known) or 'none'}")
        for name, parameter in known.items():
            if arguments.get(name) is not None:
                _check(name, parameter, arguments[name])
            elif not parameter.optional:
                raise WrongArguments(f"{name}: is missing")

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        """Make the call. What the service says against it goes to the model. Raises NotBegun for an effect that did
        not leave."""
        request = self._request(arguments, context.key)
        try:
            async with asyncio.timeout(self._config.timeout):
                return await self._answered(request)
        except TimeoutError:
            return failing(f"{self._config.name} did not answer within {self._config.timeout:g} s.", "too slow")
        except httpx2.TransportError as error:
            return failing(f"{self._config.name} cannot be reached now.", f"{type(error).__name__}: {error}")

    def _request(self, arguments: Mapping[str, Any], key: str) -> httpx2.Request:
        config = self._config
        given = {name: value for name, value in arguments.items() if value is not None}
        inside = names_in(config.url)
        url = PLACE.sub(lambda found: quote(_written(given[found[1]]), safe=""), config.url)
        rest = {name: value for name, value in given.items() if name not in inside}
        headers = {"accept": "application/json, text/plain;q=0.9, */*;q=0.1", **config.headers}
        if config.effect:
            headers["idempotency-key"] = key
        body: dict[str, Any] = {}
        if config.method in ("GET", "DELETE"):
            query = "&".join(
                f"{quote(name, safe='')}={quote(_written(value), safe='')}" for name, value in rest.items()
            )
            url += ("&" if "?" in url else "?") * bool(query) + query
        elif config.body == "form":
            body["data"] = {name: _written(value) for name, value in rest.items()}
        else:
            body["json"] = rest
        return self._client.build_request(config.method, url, headers=headers, timeout=config.timeout, **body)

    async def _answered(self, request: httpx2.Request) -> ToolReply:
        origin = _origin(request.url)
        for hop in range(_MOST_REDIRECTS + 1):
            response = await self._sent(request, first=hop == 0)
            try:
                following = response.next_request
                if following is None:
                    return await _read(self._config.name, response)
                if _origin(following.url) != origin or following.method != request.method:
                    told = f"redirected to {following.url.host}"
                    return failing(f"{self._config.name} failed: it redirects elsewhere.", told)
                request = following
            finally:
                await response.aclose()
        return failing(f"{self._config.name} failed: it redirects again and again.")

    async def _sent(self, request: httpx2.Request, *, first: bool) -> httpx2.Response:
        try:
            return await self._client.send(request, stream=True)
        except _NEVER_LEFT as error:
            if first and self.effect:  # what redirects may have done it before
                raise NotBegun(f"{self._config.name} cannot be reached now") from error
            raise


def _check(name: str, parameter: Parameter, value: object) -> None:
    kinds = _TYPES[parameter.kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise WrongArguments(f"{name}: a value of type {parameter.kind} is needed")
    written = _written(value)
    if parameter.choices and written not in parameter.choices:
        raise WrongArguments(f"{name}: one of {', '.join(parameter.choices)} is needed")
    if len(written) > _LONGEST_VALUE:
        raise WrongArguments(f"{name}: is longer than {_LONGEST_VALUE} characters")
    if not written.strip() or set(written) == {"."}:  # in a path: none, this one, the one above
        raise WrongArguments(f"{name}: is empty" if not written.strip() else f"{name}: cannot be {written[:8]}")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).encode("utf-8", "replace").decode()


def _schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: dict(_described(each)) for name, each in parameters.items()},
        "required": [name for name, each in parameters.items() if not each.optional],
        "additionalProperties": False,
    }


def _described(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    yield "type", parameter.kind
    if parameter.description:
        yield "description", parameter.description
    if parameter.choices:
        yield "enum", list(parameter.choices)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(name: str, response: httpx2.Response) -> ToolReply:
    """The reply as words: JSON without its spaces, text as it is."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_REPLY:
            body = body[:LARGEST_REPLY]
            break
    text = _text(kind, body, response.charset_encoding)
    if not response.is_success:
        shown = f": {text[:_SHOWN_OF_ERROR]}" if text else "."
        return failing(f"{name} answered with status {response.status_code}{shown}", f"status {response.status_code}")
    if text is None:
        return failing(f"{name} answered with something that is no text ({kind or 'of no type'}).")
    return ToolReply(text[: LONGEST_RESULT * 2] or "Done.")


def _text(kind: str, body: bytes, charset: str | None) -> str | None:
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return msgspec.json.format(body, indent=-1).decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            kind = "text/plain"
    if body and not kind.startswith("text/") and kind not in ("application/xml", "application/x-ndjson"):
        return None
    try:
        return body.decode(charset or "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")

"""The settings of a tool that is not a function, kind by kind, and the value that its code is given of them."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import Address, Keys, Seconds, wrong
from turnkeeper.llm.tools.declared import HttpToolConfig, McpConfig, Method, Parameter, complaint, names_in

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")
_KINDS = ("string", "integer", "number", "boolean")
_LONGEST = 4_000
_HEADERS_MEND = 'Write {"Authorization" = "env:WEATHER_TOKEN"}.'
_PARAMETERS_MEND = 'Write { city = "string", days = {type = "integer", description = "1 to 7", optional = true} }.'


def read_headers(value: object) -> object:
    """Headers, or variables of the environment. Values are never shown: they may be keys."""
    return _secrets(value, _HEADER, "a header", _HEADERS_MEND)


def read_environment(value: object) -> object:
    """Variables of a program's environment; values are never shown."""
    return _secrets(value, _VARIABLE, "a variable", 'Write {"API_KEY" = "env:API_KEY"}.')


def _secrets(value: object, names: re.Pattern[str], what: str, mend: str) -> dict[str, SecretStr]:
    if not isinstance(value, Mapping):
        wrong("is not a table", mend)
    for name, text in value.items():
        if not isinstance(name, str) or not names.fullmatch(name):
            wrong(f"{name!r} is not the name of {what}", mend)
        if not isinstance(text, str) or not text.isprintable() or not text.isascii() or len(text) > _LONGEST:
            wrong(f"the value of {name} is not one line of plain text", "Use ASCII characters, and no line breaks.")
    return {str(name): SecretStr(str(text)) for name, text in value.items()}


def read_url(value: object) -> object:
    """An http address in which `{name}` stands for what a model fills in."""
    problem = complaint(value) if isinstance(value, str) else "is not an address"
    if problem:
        wrong(problem, 'Write it like "https://api.example.com/v1/{city}".')
    return value


def read_parameters(value: object) -> object:
    """What a model fills in: names and types, or tables that say more."""
    if not isinstance(value, Mapping):
        wrong(f"{value!r} is not a table", _PARAMETERS_MEND)
    return {name: _read_parameter(name, each) for name, each in value.items()}


def _read_parameter(name: object, value: object) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if not isinstance(name, str) or not _PARAMETER.fullmatch(name):
        wrong(f"{name!r} is not the name of a parameter", _PARAMETERS_MEND)
    table = {"type": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or not set(table) <= {"type", "description", "optional", "choices"}:
        wrong(f"{value!r} does not describe {name}", _PARAMETERS_MEND)
    kind, choices = table.get("type", "string"), table.get("choices", [])
    if kind not in _KINDS:
        wrong(f"{kind!r} is not a type", f"Write one of {', '.join(_KINDS)}.")
    if not isinstance(choices, list | tuple) or not all(isinstance(each, str) for each in choices):
        wrong(f"the choices of {name} are not a list of texts", 'Write choices = ["km", "miles"].')
    optional = table.get("optional", False)
    if not isinstance(optional, bool):
        wrong(f"{optional!r} is neither true nor false", f"Write {name} = {{optional = true}}.")
    return Parameter(kind, str(table.get("description", "")), optional, tuple(choices))


def read_command(value: object) -> object:
    """A program and its arguments; no shell reads them."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        wrong(f"{value!r} is not a list of words", 'Write ["uvx", "mcp-server-time"].')
    return tuple(value)


def read_names(value: object) -> object:
    """Names of tools."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        wrong(f"{value!r} is not a list of names", 'Write ["read", "search"].')
    return tuple(value)


Secrets = Mapping[str, SecretStr]
Names = Annotated[tuple[str, ...], BeforeValidator(read_names)]


class HttpToolKeys(Keys):
    """A call of an HTTP service. What the model fills in can change neither host nor path."""

    kind: Literal["http"] = Field(description="What the tool is.", examples=['"http"'])
    url: Annotated[str, BeforeValidator(read_url)] = Field(
        description="The address; `{name}` is one parameter, in the path or the query.",
        examples=['"https://api.example.com/v1/{city}"'],
    )
    description: str = Field(
        min_length=1,
        max_length=2_000,
        description="For the model: what it does and when to use it.",
        examples=['"The weather in a city."'],
    )
    method: Method = Field("GET", description="GET, POST, PUT, PATCH or DELETE.", examples=['"GET"'])
    parameters: Annotated[Mapping[str, Parameter], BeforeValidator(read_parameters)] = Field(
        {},
        description="What the model fills in: a type (string, integer, number, boolean), or a table with `type`, "
        "`description`, `optional`, `choices`. What is not in the address goes into the query, or the body.",
        examples=['{ city = "string", days = {type = "integer", optional = true} }'],
    )
    headers: Annotated[Secrets, BeforeValidator(read_headers)] = Field(
        {}, description="HTTP headers.", examples=['{"Authorization" = "env:WEATHER_TOKEN"}']
    )
    body: Literal["json", "form"] = Field("json", description="How POST, PUT and PATCH carry it.", examples=['"json"'])
    timeout: Seconds = Field(15.0, gt=0, le=120, description="How long one call may take.", examples=['"15s"'])
    effect: bool = Field(
        False,
        description="true: it cannot be taken back, so it happens at most once a turn, with an `Idempotency-Key`, and "
        "newer messages wait.",
        examples=["false"],
    )

    @model_validator(mode="after")
    def _fills_its_address(self) -> Self:
        for name in names_in(self.url):
            if name not in self.parameters or self.parameters[name].optional:
                wrong(f"{{{name}}} in url is no parameter that is always given", f'Add {name} = "string".')
        return self

    def config(self, name: str) -> HttpToolConfig:
        """The tool's settings; `name` as the file calls it."""
        return HttpToolConfig(
            name,
            self.url,
            self.description,
            self.method,
            self.parameters,
            _plain(self.headers),
            self.body,
            self.timeout,
            self.effect,
        )


class McpToolKeys(Keys):
    """The tools of an MCP server, over HTTP or as a program that each worker starts. Needs the extra `mcp`."""

    kind: Literal["mcp"] = Field(description="What the tool is.", examples=['"mcp"'])
    url: Address = Field("", description="Where the server is.", examples=['"http://localhost:8000/mcp"'])
    command: Annotated[tuple[str, ...], BeforeValidator(read_command)] = Field(
        (),
        description="Or the program and its arguments; it starts in the configuration file's folder.",
        examples=['["uvx", "mcp-server-time"]'],
    )
    only: Names = Field((), description="The tools of it that models may use; none: all.", examples=['["read"]'])
    effects: Names = Field(
        (),
        description="Those that cannot be taken back, besides what the server itself says so of.",
        examples=['["write"]'],
    )
    headers: Annotated[Secrets, BeforeValidator(read_headers)] = Field(
        {}, description="HTTP headers.", examples=['{"Authorization" = "env:FILES_TOKEN"}']
    )
    env: Annotated[Secrets, BeforeValidator(read_environment)] = Field(
        {},
        description="The program's environment, besides PATH, HOME and the like.",
        examples=['{"API_KEY" = "env:API_KEY"}'],
    )
    timeout: Seconds = Field(20.0, gt=0, le=120, description="How long one call may take.", examples=['"20s"'])

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if bool(self.url) == bool(self.command):
            wrong("needs either url or command", 'Write url = "http://localhost:8000/mcp", or command = ["…"].')
        return self

    def config(self, name: str) -> McpConfig:
        """The server's settings; `name` as the file calls it."""
        return McpConfig(
            name,
            self.url,
            self.command,
            _plain(self.headers),
            _plain(self.env),
            frozenset(self.only),
            frozenset(self.effects),
            self.timeout,
        )


TOOL_KINDS: dict[str, type[Keys]] = {"http": HttpToolKeys, "mcp": McpToolKeys}


def _plain(secrets: Secrets) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in secrets.items()}

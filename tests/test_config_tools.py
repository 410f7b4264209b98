"""The [tools] tables: a wrong one stops the start and names the key; values of headers are shown nowhere."""

from pathlib import Path

import pytest

from turnkeeper.config import Settings, load
from turnkeeper.config.tools import HttpToolKeys, McpToolKeys
from turnkeeper.llm.tools.declared import HttpToolConfig, McpConfig, Parameter
from turnkeeper.model.errors import ConfigurationError


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text("[tools.w]\n" + text, "utf-8")
    return load(path, environ or {})


WEATHER = """
kind = "http"
url = "https://api.test/{city}?units=metric"
description = "The weather."
parameters = { city = "string", days = {type = "integer", description = "1 to 7", optional = true} }
headers = { Authorization = "env:TOKEN" }
timeout = "5s"
"""


def test_an_http_tool(tmp_path: Path) -> None:
    keys = read(tmp_path, WEATHER, {"TOKEN": "Bearer hunter2"}).tools["w"]
    assert isinstance(keys, HttpToolKeys)
    assert keys.config("w") == HttpToolConfig(
        "w",
        "https://api.test/{city}?units=metric",
        "The weather.",
        parameters={"city": Parameter(), "days": Parameter("integer", "1 to 7", True)},
        headers={"Authorization": "Bearer hunter2"},
        timeout=5.0,
    )
    assert "hunter2" not in repr(keys)


def test_its_secrets_are_known_to_be_some(tmp_path: Path) -> None:
    assert "Bearer hunter2" in read(tmp_path, WEATHER, {"TOKEN": "Bearer hunter2"}).secrets


def test_an_mcp_server(tmp_path: Path) -> None:
    keys = read(tmp_path, 'kind = "mcp"\ncommand = ["uvx", "x"]\nonly = ["read"]\nenv = {KEY = "env:K"}', {"K": "v"})
    assert isinstance(keys.tools["w"], McpToolKeys)
    expected = McpConfig("w", command=("uvx", "x"), env={"KEY": "v"}, only=frozenset({"read"}))
    assert keys.tools["w"].config("w") == expected


TOOLS = [
    ("no kind", 'url = "http://x.test/"', "tools.w.kind", "is missing"),
    ("another kind", 'kind = "htpp"', "tools.w.kind", 'Did you mean "http"'),
    ("no description", 'kind = "http"\nurl = "http://x.test/"', "tools.w.description", "is missing"),
    ("a host for the model", 'kind = "http"\nurl = "http://{h}/"\ndescription = "x"', "tools.w.url",
     "lets a model choose the host"),
    ("a parameter that is not declared", 'kind = "http"\nurl = "http://x.test/{c}"\ndescription = "x"', "tools.w",
     "{c} in url is no parameter that is always given"),
    ("no type", 'kind = "http"\nurl = "http://x.test/"\ndescription = "x"\nparameters = {c = "word"}',
     "tools.w.parameters", "'word' is not a type"),
    ("a header that is none", 'kind = "http"\nurl = "http://x.test/"\ndescription = "x"\nheaders = {"a b" = "c"}',
     "tools.w.headers", "'a b' is not the name of a header"),
    ("a header that is elsewhere", 'kind = "mcp"\nurl = "http://x.test/"\nheaders = {Authorization = "env:NO_SUCH"}',
     "tools.w.headers.Authorization", "the environment variable NO_SUCH is not set"),
    ("neither here nor there", 'kind = "mcp"', "tools.w", "needs either url or command"),
    ("both", 'kind = "mcp"\nurl = "http://x.test/"\ncommand = ["x"]', "tools.w", "needs either url or command"),
    ("a line for a shell", 'kind = "mcp"\ncommand = "uvx server"', "tools.w.command", "is not a list of words"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "text", "key", "problem"), TOOLS, ids=[row[0] for row in TOOLS])
def test_what_is_wrong_with_a_tool(tmp_path: Path, label: str, text: str, key: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)
    assert raised.value.key == key
    assert problem in str(raised.value)


def test_a_header_that_is_wrong_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, WEATHER, {"TOKEN": "hunter2\nX: y"})
    assert "hunter2" not in str(raised.value)

"""Bots that are flows, and tokens of the API, as they are configured."""

from pathlib import Path

import pytest

from turnkeeper.config import loads
from turnkeeper.config.flows import FlowKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId

TOKEN = "0123456789abcdef"
API = f'[api_tokens.editor]\ntoken = "{TOKEN}"\nworkspace = "cafe"\nscopes = ["flows", "flows"]\n'
SOURCE = f'[event_sources.shop]\ntoken = "{TOKEN}"\nsecret = "fedcba9876543210"\n'

WRONG = [
    ("no list", 'flows = "welcome.json"', "bots.b.flows", "is not a list of files", "welcome.json"),
    ("twice", 'flows = ["a.json", "a.json"]', "bots.b.flows", "names a.json twice", "Name each file once."),
    ("too many", f"flows = {[f'{n}.json' for n in range(201)]}", "bots.b.flows", "names 201 files", "200 at most"),
    ("no memory", 'keep = "nothing"', "bots.b", "where a person is in a flow", 'keep = "session"'),
    ("not a setting", 'flow = "a.json"', "bots.b.flow", "is not a setting", '"flows"'),
]
WRONG_TOKENS = [
    ("short", API.replace(TOKEN, "short"), "api_tokens.editor.token", "shorter than 16", "openssl"),
    ("no scope", API.replace('["flows", "flows"]', "[]"), "api_tokens.editor.scopes", "not a list of scopes", "flows"),
    ("another scope", API.replace('"flows", "flows"', '"flow"'), "api_tokens.editor.scopes", "'flow' is no", '"flows"'),
    ("no name", API.replace("api_tokens.editor", 'api_tokens."e d"'), "api_tokens.e d", "is not a name", "letters"),
    ("the same twice", API + API.replace("editor", "other"), "api_tokens.other.token", "api_tokens.editor has", "own"),
    ("a source's", SOURCE + API, "api_tokens.editor.token", "event_sources.shop has the same", "own"),
]


def test_a_bot_that_is_flows(tmp_path: Path) -> None:
    said = '[bots.b]\nkind = "flow"\nflows = ["a.json", "b.json"]\ndefault = "a"\ntools = ["handover"]\n'
    keys = loads(said, tmp_path / "t.toml", {}).bots[BotId("b")].keys
    assert isinstance(keys, FlowKeys)
    assert (keys.flows, keys.default, keys.tools) == (("a.json", "b.json"), "a", ("handover",))
    assert loads('[bots.b]\nkind = "flow"\nkeep = "session"\n', tmp_path / "t.toml", {}).bots


@pytest.mark.parametrize("label, line, key, problem, mend", WRONG)
def test_what_is_wrong_with_one(tmp_path: Path, label: str, line: str, key: str, problem: str, mend: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        loads(f'[bots.b]\nkind = "flow"\n{line}\n', tmp_path / "t.toml", {})
    assert found.value.key == key
    assert problem in found.value.problem
    assert mend in found.value.mend


def test_a_token_of_the_api(tmp_path: Path) -> None:
    settings = loads(API, tmp_path / "t.toml", {})
    keys = settings.api_tokens["editor"]
    assert (keys.token.get_secret_value(), keys.workspace, keys.scopes) == (TOKEN, "cafe", ("flows",))
    assert TOKEN in settings.secrets
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize("label, said, key, problem, mend", WRONG_TOKENS)
def test_what_is_wrong_with_a_token(tmp_path: Path, label: str, said: str, key: str, problem: str, mend: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        loads(said, tmp_path / "t.toml", {})
    assert found.value.key == key
    assert problem in found.value.problem
    assert mend in found.value.mend

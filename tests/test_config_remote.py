"""A remote bot's settings: a preset, or all of it written out; what cannot be called stops the start."""

from pathlib import Path

import pytest

from turnkeeper.bots.remote.backend import endpoint
from turnkeeper.config import ConfigurationErrors, loads
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.model.errors import ConfigurationError

ANSARI = """
[bots.front]
kind = "remote"
preset = "ansari"
base_url = "http://localhost:8000"
api_key = "env:KEY"
"""
OWN = """
[bots.front]
kind = "remote"
base_url = "https://chat.example.com/v1"
api_key = "env:KEY"
paths = { message = "POST /chat" }
bodies = { message = { messages = "{history}", stream = true } }
fields = { answer = "choices.0.message.content", piece = "choices.0.delta.content" }
"""


def keys(written: str) -> RemoteKeys:
    found = loads(written, Path("turnkeeper.toml"), {"KEY": "sesame"}).bots
    only = next(iter(found.values())).keys
    assert isinstance(only, RemoteKeys)
    return only


def test_the_preset_is_filled_in() -> None:
    settings = loads(ANSARI, Path("turnkeeper.toml"), {"KEY": "sesame"})
    bot = next(iter(settings.bots.values()))
    assert isinstance(bot.keys, RemoteKeys)
    backend = bot.keys.backend()
    assert (bot.turns.session_ttl, bot.turns.reads) == (3 * 3600, ("text",))
    assert (backend.style, backend.api_key, backend.api_key_header) == ("threads", "sesame", "X-Whatsapp-Api-Key")
    assert set(backend.calls) == {"exists", "register", "last", "thread", "message"}
    assert backend.session_ttl == 3 * 3600
    assert "sesame" in settings.secrets


def test_what_is_set_goes_over_the_preset_entry_by_entry() -> None:
    changed = ANSARI + 'session_ttl = "1h"\npaths = { message = "POST /v3/say" }\n'
    backend = keys(changed).backend()
    assert backend.session_ttl == 3600
    assert backend.calls["message"].path == "/v3/say"
    assert backend.calls["message"].body == {
        "phone_num": "{user}", "thread_id": "{thread_id}", "message": "{text}",
    }  # fmt: skip
    assert backend.calls["exists"].path.startswith("/whatsapp/v2/users/exists")


def test_a_backend_of_ones_own_is_written_out() -> None:
    backend = keys(OWN).backend()
    assert backend.calls == {"message": endpoint("POST /chat", {"messages": "{history}", "stream": True})}
    assert backend.limits.whole == 240


WRONG = [
    ("no address", OWN.replace('base_url = "https://chat.example.com/v1"', ""), "bots.front.base_url: is missing"),
    ("an unknown preset", ANSARI.replace('"ansari"', '"ansar"'), '"ansari"?'),
    ("no path", OWN.replace('paths = { message = "POST /chat" }', ""), "has no path for 'message'"),
    ("no thread", OWN + 'style = "threads"\n', "has no path for 'thread'"),
    ("a call that is none", OWN.replace('message = "POST', 'send = "GET /x", message = "POST'), "paths.send"),
    ("a path that is none", OWN.replace("POST /chat", "POST chat"), "paths.message: 'POST chat' is not"),
    ("a placeholder that is none", OWN.replace("{history}", "{messages}"), "{messages} is nothing"),
    ("a field that is none", OWN.replace("piece =", "chunk ="), "fields.chunk"),
    ("longer than the turn", OWN + 'reply_limit = "10m"\n', "leaves nothing of turn_limit"),
    ("a key with a space", OWN.replace("env:KEY", "two words"), "bots.front.api_key"),
    ("tools, which nobody would use", OWN + 'tools = ["handover"]\n', "bots.front.tools: is not a setting"),
    ("an unknown provider", OWN + 'models = ["router/some"]\n', 'there is no provider "router"'),
]


@pytest.mark.parametrize("label, written, said", WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be_called_stops_the_start(label: str, written: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        loads(written, Path("turnkeeper.toml"), {"KEY": "sesame"})
    errors = found.value.errors if isinstance(found.value, ConfigurationErrors) else (found.value,)
    assert any(said in str(error) for error in errors), errors
    assert "two words" not in str(found.value)

"""The [transcribers] tables, and the bots that name them."""

from pathlib import Path

import pytest

from turnkeeper.config import Settings, load
from turnkeeper.config.transcribers import ServiceKeys, VoiceKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.voice import Wish
from turnkeeper.voice.config import ServiceConfig


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    return load(path, environ or {})


CLOUD = """
[transcribers.cloud]
kind = "openai"
model = "some-model"
api_key = "env:KEY"
headers = {"X-Org" = "hunter3"}
diarize = true
speakers = ["MR", "Doctor"]
prompt = "Dexamet."
language = "id"
largest = "10MB"
"""


def test_a_service(tmp_path: Path) -> None:
    settings = read(tmp_path, CLOUD, {"KEY": "sk-hunter2"})
    keys = settings.transcribers["cloud"]
    assert isinstance(keys, ServiceKeys)
    assert (keys.timeout, keys.longest) == (60.0, 600.0)
    assert keys.wish() == Wish("id", True, ("MR", "Doctor"), "Dexamet.")
    assert keys.config("cloud") == ServiceConfig(
        kind="openai", name="cloud", model="some-model", api_key="sk-hunter2", headers={"X-Org": "hunter3"},
        largest=10 * 1024 * 1024,
    )  # fmt: skip
    assert {"sk-hunter2", "hunter3"} <= settings.secrets
    assert "hunter" not in repr(keys) + repr(keys.config("cloud"))


KINDS = [
    ("azure", 'kind = "azure"\nmodel = "d"\napi_key = "k"\nbase_url = "https://a.test"\napi_version = "2025-03-01"'),
    ("compatible", 'kind = "openai_compatible"\nmodel = "m"\nbase_url = "http://localhost:8000/v1"'),
    ("a folder", 'kind = "faster_whisper"\nfolder = "models/small"\nthreads = 2\nlanguage = "id"'),
    ("moonshine", 'kind = "moonshine"\nlongest = "20m"'),
]  # fmt: skip


@pytest.mark.parametrize("label, text", KINDS, ids=[row[0] for row in KINDS])
def test_every_kind(tmp_path: Path, label: str, text: str) -> None:
    keys = read(tmp_path, f"[transcribers.one]\n{text}").transcribers["one"]
    assert keys.kind in text
    assert keys.wish().language in (None, "id")


OPENAI = '[transcribers.cloud]\nkind = "openai"\n'
KEYED = OPENAI + 'api_key = "k"\nmodel = "m"\n'
WRONG = [
    ("no model", OPENAI + 'api_key = "k"', "transcribers.cloud.model", "is missing"),
    ("no key", OPENAI + 'model = "m"', "transcribers.cloud.api_key", "is missing"),
    ("no kind", "[transcribers.cloud]", "transcribers.cloud.kind", "is missing"),
    ("another kind", '[transcribers.cloud]\nkind = "opena"', "transcribers.cloud.kind", 'Did you mean "openai"'),
    ("no speakers", KEYED + 'speakers = "MR"', "transcribers.cloud.speakers", "is not a list of names"),
    ("a speaker without a name", KEYED + 'speakers = ["MR", ""]', "transcribers.cloud.speakers", "name of a speaker"),
    ("twins", KEYED + 'diarize = true\nspeakers = ["A", "A"]', "transcribers.cloud.speakers", "twice"),
    ("speakers together", KEYED + 'speakers = ["MR"]', "transcribers.cloud", "Add diarize = true"),
    ("a language", KEYED + 'language = "English"', "transcribers.cloud.language", "will not do"),
    ("an unknown setting", KEYED + "longst = 3", "transcribers.cloud.longst", 'Did you mean "longest"'),
    ("the built-in one's name", '[transcribers.builtin]\nkind = "moonshine"', "transcribers.builtin", "built in"),
    ("no folder", '[transcribers.x]\nkind = "faster_whisper"', "transcribers.x.folder", "is missing"),
    ("a deployment", '[transcribers.x]\nkind = "azure"\nmodel = "a/b"\napi_key = "k"\nbase_url = "https://a.test"',
     "transcribers.x.model", "will not do"),
]  # fmt: skip


@pytest.mark.parametrize("label, text, key, said", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_with_a_transcriber(tmp_path: Path, label: str, text: str, key: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)
    assert raised.value.key == key
    assert said in str(raised.value)


PYTHON = 'kind = "python"\nentry = "m:bot"\n'
AGENT = 'kind = "agent"\nprompt = "p"\nmodels = ["p/m"]\n'
PROVIDER = '[providers.p]\nkind = "openai"\napi_key = "k"\n'
REMOTE = 'kind = "remote"\nbase_url = "http://localhost:1"\npaths = { message = "POST /" }\n'


@pytest.mark.parametrize("kind", [PYTHON, AGENT, REMOTE], ids=["python", "agent", "remote"])
def test_any_bot_may_be_spoken_to(tmp_path: Path, kind: str) -> None:
    text = f'{PROVIDER}[bots.b]\n{kind}transcribe = ["cloud", "builtin"]\n{CLOUD}'
    keys = next(iter(read(tmp_path, text, {"KEY": "k"}).bots.values())).keys
    assert isinstance(keys, VoiceKeys)
    assert keys.transcribe == ("cloud", "builtin")


WRONG_OF_BOTS = [
    ("one that there is not", '["clod"]', 'there is no transcriber "clod"'),
    ("the nearest", '["bultin"]', 'Did you mean "builtin"'),
    ("no list", '"cloud"', "is not a list of transcribers"),
    ("no name", '["a b"]', "is not the name of a transcriber"),
    ("twice", '["builtin", "builtin"]', "names a transcriber twice"),
]


@pytest.mark.parametrize("label, value, said", WRONG_OF_BOTS, ids=[row[0] for row in WRONG_OF_BOTS])
def test_what_is_wrong_with_a_bot(tmp_path: Path, label: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, f"[bots.b]\n{PYTHON}transcribe = {value}\n")
    assert raised.value.key == "bots.b.transcribe"
    assert said in str(raised.value)

"""The settings of whoever hears voice notes, kind by kind, and the values that the adapters are given of them."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.channels.keys import Address, Keys, Seconds, Token, Whole, wrong
from turnkeeper.config.providers import Headers
from turnkeeper.config.values import Size
from turnkeeper.model.voice import Wish
from turnkeeper.voice.config import ServiceConfig

BUILT_IN = "builtin"
"""The transcriber that needs no table: it hears English, on this machine."""
_LONGEST_NAME = 40
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_SPEAKERS_MEND = 'Write ["MR", "Doctor"].'


def read_speakers(value: object) -> object:
    """Names of who talks, in the order in which they begin."""
    if not isinstance(value, list | tuple):
        wrong(f"{value!r} is not a list of names", _SPEAKERS_MEND)
    for each in value:
        if not isinstance(each, str) or not each.strip() or not each.isprintable() or len(each) > _LONGEST_NAME:
            wrong(f"{each!r} is not the name of a speaker", _SPEAKERS_MEND)
    if len(set(value)) != len(value):
        wrong("names a speaker twice", _SPEAKERS_MEND)
    return tuple(value)


def read_transcribers(value: object) -> object:
    """Names of [transcribers] tables, and `builtin`."""
    if not isinstance(value, list | tuple):
        wrong(f"{value!r} is not a list of transcribers", 'Write ["cloud", "builtin"].')
    for each in value:
        if not isinstance(each, str) or not _NAME.fullmatch(each):
            wrong(f"{each!r} is not the name of a transcriber", 'Write ["cloud", "builtin"].')
    if len(set(value)) != len(value):
        wrong("names a transcriber twice", "Name each once, in the order in which they are asked.")
    return tuple(value)


Transcribe = Annotated[tuple[str, ...], BeforeValidator(read_transcribers)]


class VoiceKeys(Keys):
    """How any bot hears what is spoken."""

    transcribe: Transcribe = Field(
        (),
        description="Who hears voice notes, the next one where those before could not: names under [transcribers], "
        "and `builtin` (English, on this machine; extra `voice`).",
        examples=['["cloud", "builtin"]'],
    )


class TranscriberKeys(Keys):
    """What every transcriber has."""

    kind: str
    language: str = Field(
        "",
        pattern=r"^([a-z]{2,3})?$",
        description='The language that is spoken, by its ISO 639 code; "": as is heard.',
        examples=['"id"'],
    )
    timeout: Seconds = Field(
        60.0,
        gt=0,
        le=600,
        description="How long it may take for a note of up to a minute; for longer ones, so long for each minute.",
        examples=['"60s"'],
    )
    longest: Seconds = Field(
        600.0, gt=0, le=14_400, description="Longer notes are not given to it.", examples=['"10m"']
    )

    def wish(self) -> Wish:
        """How notes are to be heard."""
        return Wish(self.language or None)


class SpeakersKeys(TranscriberKeys):
    """What those have that may tell speakers apart."""

    diarize: bool = Field(
        False, description="true: who says what is told apart, where the model can.", examples=["true"]
    )
    speakers: Annotated[tuple[str, ...], BeforeValidator(read_speakers)] = Field(
        (), description="Their names, in the order in which they begin to speak.", examples=['["MR", "Doctor"]']
    )

    @model_validator(mode="after")
    def _names_whom_it_tells_apart(self) -> Self:
        if self.speakers and not self.diarize:
            wrong("speakers are named, and are not told apart", "Add diarize = true, or leave speakers out.")
        return self


class ServiceKeys(SpeakersKeys):
    """What every service has."""

    model: str = Field(min_length=1, max_length=200, pattern=r"^\S+$", description="The model that hears.",
                       examples=['"gpt-transcribe"'])  # fmt: skip
    api_key: Token = Field(min_length=1, description="The account's key.", examples=['"env:OPENAI_API_KEY"'])
    base_url: Address = Field(
        "",
        description="Another address than the service's own: a proxy, a gateway.",
        examples=['"https://llm-proxy.example.com/v1"'],
    )
    headers: Headers = Field(
        {}, description="HTTP headers that go with each call.", examples=['{"X-Title" = "Our shop"}']
    )
    prompt: str = Field(
        "",
        max_length=2_000,
        description="What the note is likely about: names and words that are hard to hear.",
        examples=['"Visits of Dexamet representatives to doctors."'],
    )
    largest: Size = Field(
        "25MB",
        validate_default=True,
        ge=1024,
        description="Larger files are made smaller before they are sent, or not given to it.",
        examples=['"25MB"'],
    )

    def wish(self) -> Wish:
        """How notes are to be heard."""
        return Wish(self.language or None, self.diarize, self.speakers, self.prompt)

    def config(self, name: str) -> ServiceConfig:
        """The adapter's settings; `name` as the file calls the transcriber."""
        return ServiceConfig(**self._shared(name))

    def _shared(self, name: str) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": name,
            "model": self.model,
            "api_key": self.api_key.get_secret_value(),
            "base_url": self.base_url,
            "headers": {each: value.get_secret_value() for each, value in self.headers.items()},
            "largest": self.largest,
        }


class OpenAITranscriberKeys(ServiceKeys):
    """OpenAI's audio transcriptions."""

    kind: Literal["openai"] = Field(description="The service.", examples=['"openai"'])


class AzureTranscriberKeys(ServiceKeys):
    """The same of a resource of Azure OpenAI. The model is named by its deployment."""

    kind: Literal["azure"] = Field(description="The service.", examples=['"azure"'])
    model: str = Field(min_length=1, max_length=200, pattern=r"^[^\s/]+$", description="The deployment that hears.",
                       examples=['"our-transcriber"'])  # fmt: skip
    api_key: Token = Field(min_length=1, description="The resource's key.", examples=['"env:AZURE_OPENAI_API_KEY"'])
    base_url: Address = Field(
        min_length=1, description="The resource's endpoint.", examples=['"https://our-shop.openai.azure.com"']
    )
    api_version: str = Field(
        "",
        pattern=r"^(\d{4}-\d{2}-\d{2}(-preview)?|preview|latest)?$",
        description='The dated version of the API that deployments are called with; "": the v1 API, which has none.',
        examples=['"2025-03-01-preview"'],
    )

    def config(self, name: str) -> ServiceConfig:
        """The adapter's settings."""
        return ServiceConfig(**self._shared(name), api_version=self.api_version)


class CompatibleTranscriberKeys(ServiceKeys):
    """Any server with OpenAI's `/audio/transcriptions`: Speaches, vLLM, whisper.cpp, a gateway."""

    kind: Literal["openai_compatible"] = Field(description="The service.", examples=['"openai_compatible"'])
    api_key: Token = Field(SecretStr(""), description="Its key, if it has one.", examples=['"env:WHISPER_KEY"'])
    base_url: Address = Field(
        min_length=1,
        description="Its address, up to before `/audio/transcriptions`.",
        examples=['"http://localhost:8000/v1"'],
    )


class FasterWhisperKeys(TranscriberKeys):
    """A Whisper model in a folder of this machine. Needs the package `faster-whisper`."""

    kind: Literal["faster_whisper"] = Field(description="Who hears.", examples=['"faster_whisper"'])
    folder: str = Field(
        min_length=1,
        description="Where the model is (in CTranslate2's form), relative to the configuration file. Nothing is "
        "downloaded.",
        examples=['"models/whisper-small"'],
    )
    threads: Whole = Field(
        0, ge=0, le=256, description="How many threads it uses; 0: as many as it likes.", examples=["2"]
    )
    prompt: str = Field(
        "",
        max_length=2_000,
        description="What the note is likely about: names and words that are hard to hear.",
        examples=['"Visits of Dexamet representatives to doctors."'],
    )

    def wish(self) -> Wish:
        """How notes are to be heard."""
        return Wish(self.language or None, prompt=self.prompt)


class MoonshineKeys(SpeakersKeys):
    """The one that is built in (`builtin`), where it is to be used otherwise. English. Needs the extra `voice`."""

    kind: Literal["moonshine"] = Field(description="Who hears.", examples=['"moonshine"'])

    def wish(self) -> Wish:
        """How notes are to be heard."""
        return Wish(self.language or None, self.diarize, self.speakers)


TRANSCRIBER_KINDS: dict[str, type[TranscriberKeys]] = {
    "openai": OpenAITranscriberKeys,
    "azure": AzureTranscriberKeys,
    "openai_compatible": CompatibleTranscriberKeys,
    "faster_whisper": FasterWhisperKeys,
    "moonshine": MoonshineKeys,
}

"""A bot that is an existing backend: where it is, how it is called, where in its answers things stand."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from turnkeeper.bots.remote.backend import CALLS, FIELDS, NEEDED, Backend, Endpoint, Form, Style, endpoint
from turnkeeper.bots.remote.presets import PRESETS
from turnkeeper.channels.base import StreamLimits
from turnkeeper.channels.keys import Address, Seconds, Token, Whole, wrong
from turnkeeper.config.bots import ChainKeys
from turnkeeper.config.errors import nearest
from turnkeeper.config.values import Size, read_kinds

_TABLES = ("paths", "bodies", "fields")
_OF_CALLS = ("paths", "bodies")


def read_preset(value: object) -> object:
    """A known backend's name; "" for none."""
    if value and value not in PRESETS:
        wrong(f"{value!r} is not a preset", nearest(str(value), list(PRESETS)))
    return value


class RemoteKeys(ChainKeys):
    """A bot that an existing backend answers for. A preset fills in whatever is not set here."""

    kind: Literal["remote"] = Field(description="What the bot is made of.", examples=['"remote"'])
    preset: Annotated[str, BeforeValidator(read_preset)] = Field(
        "", description='A backend that is known: `ansari`. "": all is written here.', examples=['"ansari"']
    )
    base_url: Address = Field(min_length=1, description="Where the backend is.", examples=['"http://localhost:8000"'])
    api_key: Token = Field(SecretStr(""), description="What lets us in.", examples=['"env:BACKEND_KEY"'])
    api_key_header: str = Field(
        "Authorization",
        pattern=r"^[A-Za-z0-9-]{1,80}$",
        description="The header that holds it; Authorization: as a bearer.",
        examples=['"X-Api-Key"'],
    )
    style: Style = Field(
        "completion",
        description="completion: it remembers nothing and is told what was said; threads: it keeps people and their "
        "threads.",
        examples=['"threads"'],
    )
    paths: dict[str, str] = Field(
        default_factory=dict,
        description="Its calls: `message`, and with threads `thread`, `exists`, `register`, `last`.",
        examples=['{ message = "POST /chat" }'],
    )
    bodies: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="What is posted, by call.",
        examples=['{ message = { messages = "{history}" } }'],
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Where in its JSON things stand, as dotted paths: `answer` (in streamed events `piece`), `exists`, "
        "`user_id`, `thread_id`, `last_thread_id`, `last_at`.",
        examples=['{ answer = "choices.0.message.content" }'],
    )
    answers: Form = Field(
        "auto", description="What an answer is: text, json, events (SSE); auto: as it says.", examples=['"auto"']
    )
    history: Whole = Field(
        10, ge=0, le=1000, description="How many earlier messages `{history}` holds.", examples=["10"]
    )
    call_limit: Seconds = Field(
        60.0, gt=0, le=600, description="How long a call may take that is not the answer.", examples=['"60s"']
    )
    first_byte: Seconds = Field(
        60.0, gt=0, le=600, description="How long the answer may take to begin.", examples=['"60s"']
    )
    stall: Seconds = Field(
        60.0, gt=0, le=600, description="How long it may fall silent in the middle.", examples=['"60s"']
    )
    reply_limit: Seconds = Field(
        240.0, gt=0, le=3600, description="How long the whole answer may take.", examples=['"4m"']
    )
    largest_answer: Size = Field(
        "256kB",
        validate_default=True,
        ge=1024,
        description="More than that is no answer.",
        examples=['"256kB"'],
    )
    reads: Annotated[tuple[str, ...] | None, BeforeValidator(read_kinds)] = Field(
        ("text",),
        description='The kinds of messages that the backend is told, or "all": of any, only the words are.',
        examples=['["text"]'],
    )

    @model_validator(mode="before")
    @classmethod
    def _filled_by_preset(cls, raw: Any) -> Any:
        """What is set goes over the preset, in the tables entry by entry."""
        preset = PRESETS.get(raw.get("preset", "")) if isinstance(raw, Mapping) else None
        if preset is None:
            return raw
        merged = {**preset, **raw}
        for name in _TABLES:
            if isinstance(merged[name], Mapping):
                merged[name] = {**preset[name], **merged[name]}
        return merged

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        for call in NEEDED[self.style]:
            if call not in self.paths:
                mend = f'Add paths = {{ {call} = "POST /…" }}, or a preset.'
                wrong(f"has no path for {call!r}, which {self.style} needs", mend)
        for table in _OF_CALLS:
            for name in getattr(self, table):
                if name not in CALLS[self.style]:
                    wrong(f"{table}.{name} is not a call of {self.style}", nearest(name, CALLS[self.style]))
        for name in self.fields:
            if name not in FIELDS:
                wrong(f"fields.{name} is nothing that is looked for", nearest(name, FIELDS))
        if self.reply_limit >= self.turn_limit:
            wrong(
                f"reply_limit ({self.reply_limit:g} s) leaves nothing of turn_limit ({self.turn_limit:g} s)",
                "Make turn_limit longer: what stands before the answer takes time too.",
            )
        self.endpoints()
        return self

    def endpoints(self) -> dict[str, Endpoint]:
        """Its calls by name."""
        found = {}
        for name, path in self.paths.items():
            try:
                found[name] = endpoint(path, self.bodies.get(name))
            except ValueError as error:
                wrong(f"paths.{name}: {error}", 'Write it like "POST /threads/{thread_id}".')
        return found

    def backend(self) -> Backend:
        """What the bot is given."""
        return Backend(
            self.base_url,
            self.style,
            self.endpoints(),
            self.fields,
            self.api_key.get_secret_value(),
            self.api_key_header,
            self.answers,
            self.call_limit,
            StreamLimits(self.first_byte, self.stall, self.reply_limit, self.largest_answer),
            self.session_ttl,
            self.history,
        )

"""The settings of bots that are flows."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from turnkeeper.channels.keys import wrong
from turnkeeper.config.bots import ModelUserKeys
from turnkeeper.config.payments import PayingKeys

_MOST = 200


def read_files(value: object) -> object:
    """Names of files, each once."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        wrong(f"{value!r} is not a list of files", 'Write ["welcome.json", "orders.json"].')
    if len(value) > _MOST:
        wrong(f"names {len(value)} files", f"Name {_MOST} at most.")
    twice = next((each for each in value if value.count(each) > 1), None)
    if twice is not None:
        wrong(f"names {twice} twice", "Name each file once.")
    return tuple(value)


class FlowKeys(PayingKeys, ModelUserKeys):
    """A bot that is one or more flows."""

    kind: Literal["flow"] = Field(description="What the bot is made of.", examples=['"flow"'])
    flows: Annotated[tuple[str, ...], BeforeValidator(read_files)] = Field(
        (),
        description="The flows, each in a JSON file beside this one, followed while the server runs. Without any, "
        "those that are published over the API.",
        examples=['["welcome.json", "orders.json"]'],
    )
    default: str = Field(
        "",
        max_length=100,
        description="The name of the flow that begins where no other one's triggers fit; without it, that of the first "
        "file. Of flows from the API, none.",
        examples=['"welcome"'],
    )

    @model_validator(mode="after")
    def _keeps_its_place(self) -> Self:
        if self.keep == "nothing":
            wrong("keeps nothing, and where a person is in a flow is kept in the session", 'Set keep = "session".')
        return self

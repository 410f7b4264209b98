"""How the models that a bot asks are written down: each a name, or a table where one is asked otherwise."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from turnkeeper.channels.keys import Keys, Seconds, Whole, wrong

_MODEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,62})/(\S+)")
_OWN = 'Write "provider/model", or {model = "provider/model", tools = false}.'


class ModelKeys(Keys):
    """One model of a chain, where it is to be asked otherwise than the others."""

    model: str
    tools: bool = True
    images: bool | None = None
    documents: bool | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: Whole | None = Field(None, ge=1)
    top_p: float | None = Field(None, ge=0, le=1)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    timeout: Seconds | None = Field(None, gt=0)


def read_models(value: object) -> object:
    """A chain's models, each a name or a table."""
    if not isinstance(value, list | tuple):
        wrong(f"{value!r} is not a list of models", _OWN)
    return tuple(_read_model(each) for each in value)


def _read_model(value: object) -> ModelKeys:
    table = {"model": value} if isinstance(value, str) else value
    if isinstance(table, ModelKeys):
        return table
    if not isinstance(table, Mapping) or not isinstance(table.get("model"), str):
        wrong(f"{value!r} is not a model", _OWN)
    if not _MODEL.fullmatch(table["model"]):
        wrong(f"{table['model']!r} does not name a provider and a model of it", _OWN)
    unknown = sorted(set(table) - set(ModelKeys.model_fields))
    if unknown:
        wrong(f"{unknown[0]!r} is not a setting of a model", f"Known: {', '.join(sorted(ModelKeys.model_fields))}.")
    return ModelKeys.model_validate(table)


def read_model(value: object) -> object:
    """One model by its name; "" for none."""
    if value and (not isinstance(value, str) or not _MODEL.fullmatch(value)):
        wrong(f"{value!r} does not name a provider and a model of it", 'Write "provider/model".')
    return value


Model = Annotated[str, BeforeValidator(read_model)]

"""The settings of a base of documents that bots look things up in."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from turnkeeper.channels.keys import Keys, wrong
from turnkeeper.config.models import Model


def read_folder(value: object) -> object:
    """A folder on this machine."""
    if not isinstance(value, str) or "\x00" in value or "://" in value:
        wrong("names no folder", 'Write a folder, relative to this file: "knowledge".')
    return value


class KnowledgeKeys(Keys):
    """Documents that bots look things up in: a folder that is followed, files that are added by command, or both."""

    folder: Annotated[str, BeforeValidator(read_folder)] = Field(
        "",
        description="A folder of documents (Markdown, text, HTML, PDF, DOCX), relative to the configuration file; it "
        "is followed while the server runs. Without it, only what `turnkeeper knowledge add` brings.",
        examples=['"knowledge"'],
    )
    workspace: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The tenant that owns the documents; bots find them on its channels only.",
        examples=['"default"'],
    )
    embeddings: Model = Field(
        "",
        description="A model that makes vectors, so that other words for the same are found too; without it, words "
        "alone.",
        examples=['"openai/text-embedding-3-small"'],
    )

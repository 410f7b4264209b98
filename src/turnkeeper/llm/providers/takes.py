"""What models take besides words, as far as it is known without any library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from turnkeeper.model.llm import Attached

IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
DOCUMENTS: Final = frozenset({"application/pdf"})
LARGEST_IMAGE: Final = 3_700_000
"""Anthropic takes 5 MB, counted in base64."""
LARGEST_TOGETHER: Final = 14_000_000
"""Gemini takes 20 MB in one request, counted in base64."""
_SEEING: Final = ("openai/", "anthropic/", "google/")
"""Whose models look at pictures at OpenRouter, but for the odd one."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What a model takes besides words."""

    images: bool
    documents: bool

    def file(self, file: Attached) -> bool:
        """Whether it takes this one, as far as its kind and size tell."""
        if file.mime in IMAGES:
            return self.images and file.size <= LARGEST_IMAGE
        return self.documents and file.mime in DOCUMENTS and file.size <= LARGEST_TOGETHER


def taken_by(kind: str, name: str, images: bool | None = None, documents: bool | None = None) -> Takes:
    """What a model of a kind of provider takes; `images`, `documents`: whether it does, None: as is known of it."""
    known = _known(kind, name)
    return Takes(known.images if images is None else images, known.documents if documents is None else documents)


def _known(kind: str, name: str) -> Takes:
    match kind:
        case "openai_compatible":  # nothing is taken for granted
            return Takes(images=False, documents=False)
        case "azure":
            return Takes(images=True, documents=False)
        case "openrouter":  # it reads documents for models that cannot
            return Takes(images=name.lstrip("~").startswith(_SEEING), documents=True)
    return Takes(images=True, documents=True)

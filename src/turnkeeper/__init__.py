"""Turnkeeper keeps the turns in AI conversations on WhatsApp and Telegram.

Rule: importing this package imports nothing else, so that the command line starts at once.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnkeeper.bots.payment import Payment, PaymentRefused, PaymentUnavailable
    from turnkeeper.bots.python import Bot
    from turnkeeper.bots.stages import Event
    from turnkeeper.bots.thinking import ModelsFailed
    from turnkeeper.bots.turn import Turn
    from turnkeeper.llm.toolbox import ToolRefused
    from turnkeeper.llm.tools.functions import tool
    from turnkeeper.model.contents import (
        Audio,
        Buttons,
        ContactCard,
        Contacts,
        Document,
        File,
        Image,
        List,
        Location,
        LocationRequest,
        Phone,
        Reaction,
        Section,
        Sections,
        Sticker,
        Template,
        TemplateButton,
        Text,
        UrlButton,
        Video,
        VoiceNote,
    )
    from turnkeeper.model.errors import MediaRefused
    from turnkeeper.model.events import Choice
    from turnkeeper.model.payments import Money

__all__ = [
    "Audio",
    "Bot",
    "Buttons",
    "Choice",
    "ContactCard",
    "Contacts",
    "Document",
    "Event",
    "File",
    "Image",
    "List",
    "Location",
    "LocationRequest",
    "MediaRefused",
    "ModelsFailed",
    "Money",
    "Payment",
    "PaymentRefused",
    "PaymentUnavailable",
    "Phone",
    "Reaction",
    "Section",
    "Sections",
    "Sticker",
    "Template",
    "TemplateButton",
    "Text",
    "ToolRefused",
    "Turn",
    "UrlButton",
    "Video",
    "VoiceNote",
    "__version__",
    "tool",
]

__version__ = "0.1.0"

_HOMES = {
    "Bot": "turnkeeper.bots.python",
    "Event": "turnkeeper.bots.stages",
    "ModelsFailed": "turnkeeper.bots.thinking",
    "Money": "turnkeeper.model.payments",
    "Payment": "turnkeeper.bots.payment",
    "PaymentRefused": "turnkeeper.bots.payment",
    "PaymentUnavailable": "turnkeeper.bots.payment",
    "ToolRefused": "turnkeeper.llm.toolbox",
    "Turn": "turnkeeper.bots.turn",
    "tool": "turnkeeper.llm.tools.functions",
    "Choice": "turnkeeper.model.events",
    "MediaRefused": "turnkeeper.model.errors",
}
_CONTENTS = "turnkeeper.model.contents"
"""Where everything else is at home."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES.get(name, _CONTENTS)), name)
    globals()[name] = value
    return value

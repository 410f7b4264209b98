"""The addresses at which channels take webhooks."""

from collections.abc import Sequence

from turnkeeper.config import Receiver

_UNTOLD = "[secret]"
"""What stands for the secret at the end of an address that is shown."""


def webhook_path(receiver: Receiver, *, shown: bool = False) -> str:
    """A channel's own webhook address on this server, with the secret that may end it; `shown`: without."""
    secret = receiver.path_secret and (_UNTOLD if shown else receiver.path_secret)
    return f"/webhooks/{receiver.channel.id}" + (f"/{secret}" if secret else "")


def webhook_url(base: str, receiver: Receiver, *, shown: bool = False) -> str:
    """The whole address; `base` is the server's, as its provider reaches it."""
    return base.rstrip("/") + webhook_path(receiver, shown=shown)


def original_addresses(receivers: Sequence[Receiver]) -> dict[str, str]:
    """The channels' own paths by those that the system before this one had."""
    return {receiver.original: webhook_path(receiver) for receiver in receivers if receiver.original}

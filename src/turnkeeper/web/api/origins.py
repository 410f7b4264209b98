"""What a request says of where it comes from: which page sends it, from which address, whether from this machine."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from turnkeeper.web.asgi import Scope
from turnkeeper.web.webhooks import Headers

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_ours(scope: Scope, public_url: str) -> bool:
    """Whether a browser says that a page of ours sends this.

    `Sec-Fetch-Site` cannot be set by a page; a browser without it sends `Origin` with everything that changes
    something. A request with neither is no browser's, and has no business with a cookie.
    """
    headers = Headers(scope["headers"])
    site = headers.get("sec-fetch-site", "")
    if site:
        return site == "same-origin"
    origin = headers.get("origin", "")
    if not origin or origin == "null":
        return False
    return origin == origin_of(public_url) or urlsplit(origin).netloc == headers.get("host", "")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers write them; "" of none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def client_address(scope: Scope) -> str:
    """Whose request it is. A proxy is believed where it is on this machine or in its network: the last address of
    `X-Forwarded-For` is the one that it saw itself."""
    peer = str((scope.get("client") or ("",))[0])
    near = _ip(peer)
    if near is None or not (near.is_private or near.is_loopback):
        return peer
    told = Headers(scope["headers"]).get("x-forwarded-for", "").rpartition(",")[2].strip()
    return told if _ip(told) is not None else peer


def counted_as(address: str) -> str:
    """Whom a client's tries are counted for: who has one IPv6 address has its whole /64."""
    found = _ip(address)
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))


def is_from_here(scope: Scope) -> bool:
    """Whether a browser on this machine asks for this machine by its own name.

    A page of another site may make a browser ask 127.0.0.1 under that site's name (DNS rebinding): the Host header
    then holds that name. Whatever a proxy or a tunnel passes on comes from elsewhere.
    """
    peer = _ip(str((scope.get("client") or ("",))[0]))
    headers = Headers(scope["headers"])
    if peer is None or not peer.is_loopback or any(headers.get(each, "") for each in _FORWARDED):
        return False
    try:
        named = urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return False
    return named in _HERE and headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def is_asked_by_a_safe_name(scope: Scope) -> bool:
    """Whether the Host header is one that no other site can have its visitors' browsers ask for, by letting its own
    name stand for our address (DNS rebinding): an address, or a name without a domain."""
    try:
        named = urlsplit(f"//{Headers(scope['headers']).get('host', '')}").hostname or ""
    except ValueError:
        return False
    return _ip(named) is not None or "." not in named


def cookie_in(scope: Scope, name: str) -> str:
    """A cookie of a request; "" for none."""
    for header, value in scope["headers"]:
        if header == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, found = part.strip().partition("=")
                if key == name:
                    return str(found)
    return ""


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None

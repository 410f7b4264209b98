"""The guard on the network: tests reach this machine's loopback and nothing else.

Rule: an attempt raises at once, and also fails the test afterwards, so that code which swallows
exceptions cannot hide it. The guard sees every socket of Python's own; it does not see what
libuv (uvloop) or a child process opens.
"""

import ipaddress
import sys
from typing import Any

LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})
WATCHED = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"})

attempts: list[str] = []


class LeftTheMachine(RuntimeError):
    """A test tried to reach another machine."""


def is_loopback(host: str) -> bool:
    """Tell whether a numeric address is the loopback's; a name is not."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def host_of(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the host that a socket call is about; None where it has none (a unix socket)."""
    if event == "socket.getaddrinfo":
        host = args[0]
    else:
        address = args[1]
        if not isinstance(address, tuple):
            return None
        host = address[0]
    if isinstance(host, bytes):
        return host.decode(errors="replace")
    return host if isinstance(host, str) else None


def watch(event: str, args: tuple[Any, ...]) -> None:
    """Raise LeftTheMachine for a socket call about another machine (an audit hook)."""
    if event not in WATCHED:
        return
    host = host_of(event, args)
    if host is None or host in LOOPBACK_NAMES or is_loopback(host):
        return
    attempts.append(f"{event} {host!r}")
    raise LeftTheMachine(f"{event} {host!r}: tests stay on the loopback")


def guard_sockets() -> None:
    """Install the guard, for the rest of the process."""
    sys.addaudithook(watch)

"""Which addresses a call may reach when its url was not written by the operator.

All that is not plainly public is refused, also where it hides (IPv4 inside IPv6).
"""

import ipaddress
from collections.abc import Sequence

from turnkeeper.model.errors import TurnkeeperError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")


class InternalAddress(TurnkeeperError):
    """The address lies inside the operator's network; the call is not made."""


def is_internal(address: str) -> bool:
    """Whether an IP address is anything but plainly public; ValueError if it is none."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        within = found.ipv4_mapped or found.sixtofour
        if within is None and found in _NAT64:
            within = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if found.teredo is not None or found.is_site_local:
            return True
        if within is not None:
            return is_internal(str(within))
    elif found in _SHARED:
        return True
    return not found.is_global or found.is_multicast or found.is_reserved


def public_address(addresses: Sequence[str]) -> str:
    """The address to connect to; raises InternalAddress if one of them is internal.

    One is enough: a name that has both kinds is made to get past a check.
    """
    if not addresses or any(is_internal(address) for address in addresses):
        raise InternalAddress("the address is not a public one")
    return addresses[0]

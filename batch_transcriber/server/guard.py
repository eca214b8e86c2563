"""Which addresses the service may go to for others: a stranger's URL must not lead into the house.

The address is judged where the connection is made, after every redirect and every look at a name server:
a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from aiohttp import AddrInfoType

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
FORBIDDEN = "its address is private, and this service only goes to public ones"


class PrivateAddressError(OSError):
    """A connection to an address that is not public was refused; nothing was sent."""

    def __init__(self) -> None:
        # The same words for every address: a stranger is not told which ones there are.
        super().__init__(errno.EACCES, FORBIDDEN)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet; those that carry another are as that one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(ip.packed[12:])))
        if ip.is_site_local:  # deprecated, and still inside the house
            return False
        carried = [ip.sixtofour, *(ip.teredo or ())]
        if not all(is_public(str(inner)) for inner in carried if inner is not None):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def session(*, allow_private: bool, timeout: aiohttp.ClientTimeout, limit: int) -> aiohttp.ClientSession:
    """Return a session for other people's URLs.

    Args:
        allow_private: The URLs are the user's own, so they may lead anywhere, by the user's proxy.
        timeout: Of each request.
        limit: Connections at a time; 0 for as many as are asked for.
    """
    # Without the guard's eyes a proxy would look the name up and connect, to its own neighbours perhaps;
    # so where the guard holds, there is none.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limit, socket_factory=None if allow_private else _guarded_socket
        ),
        timeout=timeout,
        trust_env=allow_private,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def was_refused(error: BaseException) -> bool:
    """Tell whether a request failed because of the guard."""
    return isinstance(getattr(error, "os_error", error), PrivateAddressError)


def _guarded_socket(info: AddrInfoType) -> socket.socket:
    """Return a socket for the address that is connected to next."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0]).partition("%")[0]):
        raise PrivateAddressError
    return socket.socket(family, kind, protocol)

"""Where webhooks may go: to public addresses, and to those that were checked and no others.

A host name is looked up once for each connection, every address it has is
checked, and the connection is made to a checked one.  Looking the name up again
to connect would let its owner answer differently the second time.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpcore2

Address: TypeAlias = IPv4Address | IPv6Address

LONGEST: Final = 2_000
# A host that cannot be looked up in this time when a webhook is made is checked at its first delivery.
PATIENCE_S: Final = 3.0
_HIGHEST_PORT: Final = 65_535
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_PORTS: Final = {"http": 80, "https": 443}
# What `is_global` lets pass, in some release of Python, and is not for everyone to reach.
_REFUSED: Final = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's service of the host itself
            "192.0.0.0/24",  # protocol assignments, some clouds' metadata among them
            "192.88.99.0/24",  # relays of 6to4
            "::/96",  # IPv4 written as IPv6
            "64:ff9b::/96",  # IPv4 behind NAT64
            "2001::/32",  # IPv4 behind Teredo
            "2002::/16",  # IPv4 behind 6to4
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
        ),
    )
)


class ForbiddenAddressError(Exception):
    """The host has an address that is not public."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart once, so that what is checked is what is asked."""

    scheme: str
    host: str
    port: int
    # The path and the query.
    path: str

    def as_url(self) -> httpcore2.URL:
        """Return the URL as the client takes it."""
        is_usual = self.port == _PORTS[self.scheme]
        return httpcore2.URL(
            scheme=self.scheme, host=self.host, port=None if is_usual else self.port, target=self.path
        )


def parse_target(url: str, *, to_private: bool) -> Target:
    """Return the target of a URL; `ValueError` says what is wrong with it.

    Only `https`, or with `to_private` also `http`.  Nothing is looked up.
    """
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(f"A URL has up to {LONGEST:,} characters of ASCII, and no blanks.")
    parts = urlsplit(url)
    schemes = ("https", "http") if to_private else ("https",)
    if parts.scheme not in schemes:
        raise ValueError(f"The URL must begin with {' or '.join(f'{one}://' for one in schemes)}.")
    if "@" in parts.netloc:
        raise ValueError("Leave out user name and password: what is sent is signed.")
    if "#" in url:
        raise ValueError("Leave out what follows the #: it is never sent.")
    host = parts.hostname or ""
    is_literal = parts.netloc.startswith("[")
    if not (_is_address(host) if is_literal else _NAME.fullmatch(host)):
        raise ValueError("The URL has no host that could be reached.")
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError("A port lies between 1 and 65535.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def _is_address(host: str) -> bool:
    try:
        return ip_address(host).version == 6 and "%" not in host  # noqa: PLR2004 - the version of IPv6
    except ValueError:
        return False


def is_public(address: Address) -> bool:
    """Tell whether anyone on the internet can reach the address, rather than this network alone."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    special = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return (
        address.is_global
        and not special
        and not any(address in network for network in _REFUSED if network.version == address.version)
    )


async def look_up(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, which may be written as one; `OSError` when it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("That is no host name.") from error
    # Without its zone, which names an interface of this machine.
    return [ip_address(str(one[4][0]).partition("%")[0]) for one in found]


async def check_target(target: Target, *, to_private: bool) -> None:
    """Raise `ForbiddenAddressError` when the target has an address that is not public.

    A host that has no address now passes: it is looked up again for each delivery.
    """
    if to_private:
        return
    try:
        addresses = await asyncio.wait_for(look_up(target.host, target.port), PATIENCE_S)
    except OSError:
        return
    _refuse_private(addresses)


def _refuse_private(addresses: Iterable[Address]) -> None:
    # All of them: which one a connection would take is not for the name's owner to choose.
    if not all(map(is_public, addresses)):
        raise ForbiddenAddressError("The host has an address that is not public.")


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were checked; the name stays in the `Host` header and in TLS."""

    def __init__(self, *, to_private: bool) -> None:
        self.to_private = to_private
        self.network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the client's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of the host that answers.

        Raises `ForbiddenAddressError` before any connection is made.
        """
        addresses = await look_up(host, port)
        if not self.to_private:
            _refuse_private(addresses)
        failure: Exception = OSError("The host has no address.")
        for address in dict.fromkeys(addresses):
            try:
                return await self.network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

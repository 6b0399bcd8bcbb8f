"""The address of this machine on the local network."""

from __future__ import annotations

import ipaddress
import socket

from kiosk.core.errors import ConfigError

_ELSEWHERE = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737): the system says which of ours leads there, nothing is sent."""


def listening_address(configured: str) -> str:
    """Return the IP address to listen on: ``configured``, else that of the local network.

    Raises ``ConfigError`` without a network, for what is no address, and for an address that the
    whole internet may reach unless it is configured.
    """
    if configured:
        return str(_parsed(configured))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            found = ipaddress.ip_address(probe.getsockname()[0])
        except OSError:
            raise ConfigError(
                "This machine has no network; use a USB stick.", key="error.download_no_network"
            ) from None
    if found.is_global:
        raise ConfigError(
            f"The address {found} of this machine may be reached from the internet; set "
            "exports.address if downloads are to be offered there.",
            key="error.download_public",
            address=str(found),
        )
    return str(found)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise ConfigError(
            f"exports.address must be an IP address of this machine, not {text!r}.",
            key="error.download_address",
        ) from None

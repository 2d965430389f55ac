"""Which network addresses may be connected to.

An outlet's feed, sitemap, redirect or DNS record is somebody else's word: it must not make this process talk
to the machine it runs on or to the network around it.  The check is on the *address*, after the name has been
resolved and right before the connection is opened (:mod:`crawlers.wire`), so that a name which resolves to a
public address once and to a private one later gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """CIDR notations (``127.66.0.0/16``) as networks; raises ``ValueError`` for anything else."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 form really leads to (mapped, 6to4, Teredo, NAT64), or the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def refusal(address: str, allow: Iterable[Network] = ()) -> str | None:
    """Why *address* (an IP literal, zone id allowed) must not be connected to, or ``None`` if it may.

    *allow* opens named networks (setting ``network.allow``), for tests and for a team's own mirror.

    >>> refusal("169.254.169.254"), refusal("93.184.215.14")
    ('link-local', None)
    """
    ip = _carried(ip_address(address.partition("%")[0]))
    if any(ip.version == network.version and ip in network for network in allow):
        return None
    if ip.is_unspecified:
        return "unspecified"
    if ip.is_loopback:
        return "loopback"
    if ip.is_link_local:
        return "link-local"
    if ip.is_multicast:
        return "multicast"
    # IPv6 site-local is deprecated, yet some internal networks still use it.
    if isinstance(ip, IPv6Address) and ip.is_site_local:
        return "private"
    if ip.is_reserved:
        return "reserved"
    if ip.is_private:
        return "private"
    return None if ip.is_global else "not global"

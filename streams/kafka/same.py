"""Whether two addresses lead to the same Kafka cluster, however they are written."""

import socket
from collections.abc import Iterable
from contextlib import suppress

from streams.config import Settings
from streams.kafka import clients

_KAFKAS_OWN = 22
"""Letters of a cluster's id as Kafka makes it, at random; a shorter one may be anybody's."""
Address = tuple[str, int]


def written_alike(one: Settings, other: Settings) -> bool:
    """Do they name a broker in common; nobody is asked."""
    return bool(set(map(_plain, one.brokers)) & set(map(_plain, other.brokers)))


def is_same_cluster(one: Settings, other: Settings) -> bool:
    """Asks both, and the name service. Raises BrokerError."""
    if written_alike(one, other) or _resolved(one.brokers) & _resolved(other.brokers):
        return True
    (first, at_first), (second, at_second) = _asked(one), _asked(other)
    if first == second and len(first) >= _KAFKAS_OWN:
        return True
    return first == second and bool(at_first & at_second)


def _asked(settings: Settings) -> tuple[str, set[Address]]:
    """A cluster's id, and the addresses that its brokers give themselves."""
    with clients.admin(settings) as client:
        found = client.describe_cluster()
    brokers = (f"{one['host']}:{one['port']}" for one in found["brokers"])
    return str(found.get("cluster_id") or ""), _resolved(brokers)


def _resolved(brokers: Iterable[str]) -> set[Address]:
    found: set[Address] = set()
    for host, port in filter(all, map(_plain, brokers)):
        with suppress(OSError, UnicodeError):
            found |= {(str(address[0]), port) for *_, address in socket.getaddrinfo(host, port)}
    return found


def _plain(broker: str) -> Address:
    host, _, port = broker.strip().rpartition(":")
    return host.strip("[]").rstrip(".").lower(), int(port)

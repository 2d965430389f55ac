"""Three API keys, each of which may do no more than its part: what to ask the server for them.

A *reader* answers searches; a *writer* keeps the index in step with the ledger; a *migrator* makes what the
two find there.  All three are told apart by the server, which knows nothing of Marsad: so what a command of
ours needs is written here as the server's privileges, and tested against a real one.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from config.settings import redact

_CLUSTER = ("monitor",)
"""What is asked before anything else: the version of the nodes and what they can analyse."""
_READ = ("read", "view_index_metadata", "monitor")
_WRITE = (
    "index",
    "delete",
    "create_index",  # the partition of a new year …
    "indices:admin/aliases",  # … and its name; all other privileges that allow it also allow to delete it
    "maintenance",  # to show what was written
)


@dataclass(frozen=True, slots=True)
class Role:
    """One key."""

    name: str
    purpose: str
    """Which commands it is for."""
    cluster: tuple[str, ...]
    indices: tuple[str, ...]
    expires: str | None = None
    """After which time the server forgets it; ``None``: it does not."""

    def body(self, prefix: str) -> dict[str, Any]:
        """The body of ``POST /_security/api_key`` for the index *prefix*."""
        name = f"{prefix}-{self.name}"
        made: dict[str, Any] = {
            "name": name,
            "role_descriptors": {
                name: {
                    "cluster": list(self.cluster),
                    "indices": [
                        {"names": [prefix, f"{prefix}-*"], "privileges": list(self.indices)},
                    ],
                }
            },
            "metadata": {"application": "marsad", "role": self.name},
        }
        return made | ({"expiration": self.expires} if self.expires else {})


ROLES = (
    Role("reader", "search, trend, export, stories, index status, index verify", _CLUSTER, _READ),
    Role("writer", "crawl, up, worker, link, and all that a reader does", _CLUSTER, (*_READ, *_WRITE)),
    Role(
        "migrator",
        "index rebuild and migrate, and all that a writer does; made for one day",
        (*_CLUSTER, "manage_index_templates"),
        ("read", "index", "delete", "manage"),
        expires="1d",
    ),
)


def curl(body: dict[str, Any], url: str, ca_certs: str) -> str:
    """A line for a shell that makes the key, as a user who may (asked for the password)."""
    parts = ["curl", "-s", *(["--cacert", ca_certs] if ca_certs else []), "-u", "elastic"]
    parts += ["-X", "POST", _bare(url).rstrip("/") + "/_security/api_key"]
    parts += ["-H", "Content-Type: application/json", "-d", json.dumps(body, ensure_ascii=False)]
    return shlex.join(parts)


def _bare(url: str) -> str:
    """*url* without who asks."""
    return str(redact(url)).replace("//***@", "//")

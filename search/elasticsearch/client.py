"""The connection to a server: what it is asked about itself, and its faults, told in one line."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.settings import redact
from search.engine import EngineError, IndexMissing, ReadOnly, Unreachable

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from config.settings import Settings

OLDEST = (8, 11)
"""The oldest server that has all that is asked of one."""
INSTALL = "pip install 'marsad[es]'"
_LANGUAGES = "analysis-common"
"""The module of a server that has the analysers of languages."""

_SEARCHING = frozenset(
    {"search_phase_execution_exception", "no_shard_available_action_exception", "search_timeout_exception"}
)
"""What the server calls it when a part of an index did not answer a search that was to be whole."""


class Lacking(Unreachable):
    """A part of an index did not answer a search that was to be whole."""


class TakenAway(EngineError):
    """An index, or a snapshot of it, was removed while it was searched: what took its place will answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """What is asked of a server once."""

    version: str
    readable: bool
    """Whether it has the native analysers of the readable fields; a bare build has none."""


class Connection:
    """The server that *settings* name; nothing is sent before its first use."""

    def __init__(self, settings: Settings, purpose: str) -> None:
        self._settings, self._purpose = settings, purpose
        self.url: str = settings["elasticsearch.url"]

    @cached_property
    def _client(self) -> Elasticsearch:
        return connect(self._settings, self._purpose)

    @cached_property
    def server(self) -> Server:
        return probe(self._client, self.url)

    @contextlib.contextmanager
    def asked(self) -> Iterator[Elasticsearch]:
        """Its client, of which faults are :func:`told`."""
        client = self._client
        with told(self.url):
            yield client

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()
            del self._client


def connect(settings: Settings, purpose: str) -> Elasticsearch:
    """A client of the server that *settings* name; nothing is sent yet."""
    try:
        from elasticsearch import Elasticsearch
    except ImportError as absent:
        raise EngineError(
            f"index.engine is 'elasticsearch', whose client is not installed: {INSTALL}"
        ) from absent
    # It writes a line of each request and each failure; what a person needs to know is in our errors.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    given: dict[str, Any] = {}
    if settings["elasticsearch.api_key"]:
        given["api_key"] = settings["elasticsearch.api_key"]
    if settings["elasticsearch.ca_certs"]:
        given["ca_certs"] = settings["elasticsearch.ca_certs"]
        if not Path(given["ca_certs"]).is_file():
            raise EngineError(
                f"elasticsearch.ca_certs {given['ca_certs']}: no such file. "
                "Next: name the file of the authority that signed the server's certificate"
            )
    url = settings["elasticsearch.url"]
    if given.get("ca_certs") and url.startswith("http://"):
        raise EngineError(
            f"elasticsearch.url {redact(url)} is without TLS, and elasticsearch.ca_certs is set. "
            "Next: https:// in the URL, or no certificate"
        )
    try:
        return Elasticsearch(
            url,
            request_timeout=settings["elasticsearch.timeout_s"],
            # One level of retries alone: what is refused with 429 is the bulk loop's to repeat.
            retry_on_status=(502, 503, 504),
            max_retries=2,
            opaque_id=f"marsad-{purpose}-{os.getpid()}",
            **given,
        )
    except (ValueError, OSError) as fault:
        raise EngineError(
            f"elasticsearch.url {redact(url)}: {fault}. Next: see docs/elasticsearch.md"
        ) from fault


def probe(client: Elasticsearch, url: str) -> Server:
    """What the server is; raises :class:`EngineError` where it is none that Marsad can use."""
    with told(url):
        # Asked of the nodes, as any role may; to try an analyser, a key would need to manage the cluster.
        nodes = client.nodes.info(metric="plugins")["nodes"].values()
        version = min((node["version"] for node in nodes), key=_numbers)
        if _numbers(version) < OLDEST:
            raise EngineError(
                f"{redact(url)} is Elasticsearch {version}, Marsad needs "
                f"{'.'.join(map(str, OLDEST))} or later. Next: upgrade the server"
            )
        return Server(version, all(_has_module(node, _LANGUAGES) for node in nodes))


def _has_module(node: Any, name: str) -> bool:
    return any(module["name"] == name for module in node["modules"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


@contextlib.contextmanager
def told(url: str) -> Iterator[None]:
    """Turns what the client raises into an :class:`EngineError` of one line that names the next move."""
    from elasticsearch import ApiError, NotFoundError, TransportError
    from elasticsearch.exceptions import ConnectionTimeout, UnsupportedProductError

    where = redact(url)
    try:
        yield
    except UnsupportedProductError as fault:
        raise EngineError(f"{where} is no Elasticsearch. Next: set elasticsearch.url") from fault
    except NotFoundError as fault:
        if kind(fault) == "index_not_found_exception":
            raise IndexMissing(
                f"nothing is indexed on {where} yet: run `marsad crawl`, "
                "or `marsad index rebuild` where articles are stored already"
            ) from fault
        raise EngineError(
            f"{where}: 404 {_reason(fault)}. Next: see whether elasticsearch.url names an Elasticsearch"
        ) from fault
    except ApiError as fault:
        raise _of_status(where, fault) from fault
    except ConnectionTimeout as fault:
        raise Unreachable(
            f"{where} did not answer in time. Next: ask for less, or raise elasticsearch.timeout_s"
        ) from fault
    except TransportError as fault:
        said = str(fault.message).split("\n")[0]
        if "WRONG_VERSION_NUMBER" in said or "RECORD_LAYER" in said:
            raise EngineError(f"{where} speaks no TLS. Next: http:// in elasticsearch.url") from fault
        if "CERTIFICATE" in said.upper():
            raise EngineError(
                f"{where}: its certificate is not trusted. "
                "Next: set elasticsearch.ca_certs (or ELASTICSEARCH_CA_CERTS) to the file of its authority"
            ) from fault
        hint = " (https:// if it speaks TLS)" if "RemoteDisconnected" in said and "http://" in where else ""
        raise Unreachable(
            f"{where} does not answer ({said}). "
            f"Next: start it, or set elasticsearch.url (or ELASTICSEARCH_URL){hint}"
        ) from fault


def _of_status(where: str, fault: Any) -> EngineError:
    match fault.status_code:
        case 401:
            return EngineError(
                f"{where} {_refusal(fault)}. Next: set ELASTICSEARCH_API_KEY (see `marsad index keys`)"
            )
        case 403 if "index read (api)" in _reason(fault):
            return EngineError(
                f"{where}: somebody closed the index to searches ({_reason(fault)}). "
                "Next: set index.blocks.read of it to false"
            )
        case 403 | 429 if kind(fault) == "cluster_block_exception":
            return ReadOnly(f"{where}: {blocked(_reason(fault))}")
        case 403:
            return EngineError(
                f"{where}: the key may not do this ({_reason(fault).partition(', this action')[0]}). "
                "Next: take the key of another role (see `marsad index keys`)"
            )
        case 404 | 429 | 502 | 503 | 504 if "No search context found" in _reason(fault):
            return TakenAway(f"{where}: what was searched was taken away meanwhile. Next: ask again")
        case 429 | 502 | 503 | 504 if kind(fault) in _SEARCHING:
            return Lacking(
                f"{where} cannot answer as a whole ({_reason(fault)}). Next: if it ran out of time, ask for "
                "less or raise elasticsearch.timeout_s; if shards are missing, see `GET _cluster/health`"
            )
        case 503 if kind(fault) == "search_phase_execution_exception":
            return Unreachable(
                f"{where}: not every part (shard) of the index is there to be asked. "
                "Next: ask again once the server's /_cluster/health is no longer red"
            )
        case 429 | 502 | 503 | 504:
            return Unreachable(
                f"{where} is too busy ({fault.status_code}: {_reason(fault)}). Next: try again"
            )
    return EngineError(f"{where}: {fault.status_code} {_reason(fault)}. Next: see the log of the server")


def blocked(reason: str) -> str:
    """What a block on writes means to a person; a full disk is the one that the server sets by itself."""
    move = "free disk space on the server, which then opens the index again by itself"
    if "disk" not in reason:
        move = "whoever set the block on the server removes it (docs/elasticsearch.md)"
    return (
        f"the index takes no writes now ({reason}). "
        f"Nothing is lost, what is to be indexed waits. Next: {move}"
    )


def _refusal(fault: Any) -> str:
    """Why the server let nobody in."""
    said = str(fault.body)
    if "missing authentication" in said:
        return "asks for a key, and none is set"
    if "is expired" in said:
        return "refused the key: it has expired"
    if "invalidated" in said:
        return "refused the key: it was revoked"
    return "refused the key: it is none of this server's"


def kind(fault: Any) -> str:
    """The server's name for a fault: ``index_not_found_exception`` …"""
    error = fault.body.get("error", {}) if isinstance(fault.body, dict) else {}
    return str(error.get("type", "")) if isinstance(error, dict) else str(error)


def _reason(fault: Any) -> str:
    error = fault.body.get("error", {}) if isinstance(fault.body, dict) else {}
    if isinstance(error, dict):
        of_root = next(iter(error.get("root_cause") or [{}])).get("reason")
        of_cause = (error.get("caused_by") or {}).get("reason")
        error = of_root or error.get("reason") or of_cause or error.get("type")
    return " ".join(str(error or fault.message).split())[:300]

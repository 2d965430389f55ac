"""Putting :mod:`search.elasticsearch.kibana`'s objects into a Kibana, through its own import."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.settings import redact
from search.elasticsearch.kibana import DASHBOARD, ndjson
from search.engine import EngineError

if TYPE_CHECKING:
    from config import Config

OLDEST = (8, 11)
"""The oldest Kibana that knows the form in which the objects are written."""


@dataclass(frozen=True, slots=True)
class Installed:
    objects: int
    version: str
    """Of Kibana; empty where it does not say."""
    dashboard: str
    """Its address."""


def install(
    config: Config, url: str, space: str = "", *, environ: Mapping[str, str] = os.environ
) -> Installed:
    """Import every object into *space* (empty: the default one) of the Kibana at *url*, over those of before.

    Raises :class:`~search.engine.EngineError` in one line that names the next move.
    """
    base = url.rstrip("/") + (f"/s/{space}" if space else "")
    kibana = _Kibana(config, base, environ)
    version = _checked(kibana.ask("GET", "/api/status"), kibana.shown)
    text = ndjson(config.settings["elasticsearch.index"])
    answer = kibana.ask("POST", "/api/saved_objects/_import?overwrite=true", text)
    if not isinstance(answer, dict) or "success" not in answer:
        raise EngineError(f"{kibana.shown} is no Kibana. Next: set --url or KIBANA_URL")
    sent = text.count("\n")
    if not answer["success"] or answer.get("successCount") != sent:
        raise EngineError(
            f"{kibana.shown} took {answer.get('successCount', 0)} of {sent} objects: {_faults(answer)}. "
            "Next: mend that and install again, which replaces what was taken"
        )
    return Installed(sent, version, f"{redact(base)}/app/dashboards#/view/{DASHBOARD}")


class _Kibana:
    def __init__(self, config: Config, base: str, environ: Mapping[str, str]) -> None:
        self._base = base
        self.shown = redact(base)
        self._timeout_s: float = config.settings["elasticsearch.timeout_s"]
        self._headers = {"kbn-xsrf": "marsad", "Accept": "application/json"}
        if key := environ.get("KIBANA_API_KEY") or config.settings["elasticsearch.api_key"]:
            if not (key.isascii() and key.isprintable()):
                raise EngineError(
                    "the key for Kibana has characters that no key has. "
                    "Next: set KIBANA_API_KEY (or ELASTICSEARCH_API_KEY) to the `encoded` of one"
                )
            self._headers["Authorization"] = f"ApiKey {key}"
        authority = config.settings["elasticsearch.ca_certs"] or None
        try:
            self._trust = ssl.create_default_context(cafile=authority) if base.startswith("https") else None
        except OSError as fault:
            raise EngineError(
                f"elasticsearch.ca_certs {authority}: {fault}. "
                "Next: name the file of the authority that signed Kibana's certificate"
            ) from fault

    def ask(self, method: str, path: str, file: str | None = None) -> Any:
        """The JSON answer; *file* is sent as a form sends one."""
        request = urllib.request.Request(self._base + path, method=method, headers=self._headers)
        if file is not None:
            border = uuid.uuid4().hex
            request.data = (
                f"--{border}\r\n"
                'Content-Disposition: form-data; name="file"; filename="marsad.ndjson"\r\n'
                f"Content-Type: application/ndjson\r\n\r\n{file}\r\n--{border}--\r\n"
            ).encode()
            request.add_header("Content-Type", f"multipart/form-data; boundary={border}")
        opener = urllib.request.build_opener(
            _NoRedirects(), *([urllib.request.HTTPSHandler(context=self._trust)] if self._trust else [])
        )
        try:
            with opener.open(request, timeout=self._timeout_s) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as fault:
            with fault:
                raise EngineError(self._refusal(fault)) from fault
        except (OSError, http.client.IncompleteRead) as fault:
            reason = getattr(fault, "reason", fault)
            if isinstance(reason, ssl.SSLError):
                raise self._untrusted() from fault
            raise EngineError(
                f"{self.shown} does not answer ({reason}). Next: start Kibana, or set --url or KIBANA_URL"
            ) from fault
        except (ValueError, http.client.HTTPException) as fault:
            raise EngineError(f"{self.shown} is no Kibana. Next: set --url or KIBANA_URL") from fault

    def _untrusted(self) -> EngineError:
        return EngineError(
            f"{self.shown}: its certificate is not trusted. "
            "Next: set elasticsearch.ca_certs (or ELASTICSEARCH_CA_CERTS) to the file of its authority"
        )

    def _refusal(self, fault: urllib.error.HTTPError) -> str:
        match fault.code:
            case 401:
                return (
                    f"{self.shown} refused the key, or wants one. "
                    "Next: set KIBANA_API_KEY to a key of its Elasticsearch"
                )
            case 403:
                return (
                    f"{self.shown}: the key may not import saved objects. "
                    'Next: give its role "Saved Objects Management: All" in this space'
                )
            case 404:
                return f"{self.shown}: there is no such space, or no Kibana. Next: see --space and --url"
            case 503:
                return f"{self.shown} is not ready yet (503). Next: try again in a minute"
            case code if 300 <= code < 400:
                there = fault.headers.get("Location", "")
                return f"{self.shown} leads elsewhere ({code} {redact(there)}). Next: set --url"
        return f"{self.shown}: {fault.code} {_said(fault)}. Next: see the log of Kibana"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key goes to the one server that was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _said(fault: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(fault.read())["message"])[:500]
    except (ValueError, KeyError, TypeError, OSError):
        return str(fault.reason)


def _checked(status: Any, shown: str) -> str:
    """Kibana's version; raises :class:`EngineError` for one that is too old, or none."""
    if not isinstance(status, dict) or "status" not in status:
        raise EngineError(f"{shown} is no Kibana. Next: set --url or KIBANA_URL")
    version = str(status.get("version", {}).get("number", ""))
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        raise EngineError(
            f"{shown} is Kibana {version}, {'.'.join(map(str, OLDEST))} or later is needed. Next: upgrade it"
        )
    return version


def _faults(answer: Mapping[str, Any]) -> str:
    told = [
        f"{one.get('type')} {one.get('id')}: {one.get('error', {}).get('type', 'unknown')}"
        for one in answer.get("errors", ())
    ]
    return "; ".join(told[:5]) or "it does not say why"

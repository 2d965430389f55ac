"""A server with security on and TLS on its HTTP port, its certificate signed by an authority made for it."""

from __future__ import annotations

import os
import ssl
import subprocess
import urllib.request
from base64 import b64encode
from json import dumps, loads
from pathlib import Path
from typing import Any

from tests.elasticsearch.server import Node

PASSWORD = "bootstrap-of-the-tests"
_AUTHORITY = """\
req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=marsad-test-authority
    -keyout authority.key -out authority.pem
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign"""
_REQUEST = "req -newkey rsa:2048 -nodes -subj /CN=node -keyout node.key -out node.csr"
_SIGNED = """\
x509 -req -in node.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile node.ext
    -out node.pem"""
_EXTENSIONS = """\
subjectAltName=IP:127.0.0.1,DNS:localhost
extendedKeyUsage=serverAuth
authorityKeyIdentifier=keyid
"""


class SecureNode(Node):
    """Asked as its first user, ``elastic``; :attr:`authority` is the file that a client needs."""

    def __init__(self) -> None:
        names = {"enabled": "true", "key": "node.key", "certificate": "node.pem"}
        settings = {f"xpack.security.http.ssl.{name}": value for name, value in names.items()}
        super().__init__(settings=settings, password=PASSWORD)
        self.url = self.url.replace("http://", "https://")
        config = self.folder / "config"
        (config / "node.ext").write_text(_EXTENSIONS)
        for command in (_AUTHORITY, _REQUEST, _SIGNED):
            subprocess.run(["openssl", *command.split()], cwd=config, check=True, capture_output=True)
        self.authority: Path = config / "authority.pem"
        if self._as:
            for path in config.glob("*.*"):
                os.chown(path, self._as["user"], self._as["group"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", "Basic " + b64encode(f"elastic:{PASSWORD}".encode()).decode())
        trusting = ssl.create_default_context(cafile=str(self.authority))
        with urllib.request.urlopen(request, timeout=30, context=trusting) as answer:
            told = answer.read()
        return loads(told) if told else None

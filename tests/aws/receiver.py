"""A receiver of HTTPS requests on 127.0.0.1 that answers for any host, with certificates of a test authority.

The executable is sent here by `HTTPS_CONNECT_TO` and trusts the authority by `SSL_CERT_FILE`; the name in TLS and the Host
header stay those that it meant.
"""

from __future__ import annotations

import datetime
import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import leaks


@dataclass(frozen=True)
class Received:
    """A request as it came in. The names of headers are in lower case."""

    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    # Seconds until the answer begins.
    delay: float = 0


class Receiver:
    """Context manager. `replies` are given in their order, the last one again and again."""

    def __init__(self, folder: Path, *hosts: str):
        self.bundle, chain = _certificates(folder, hosts)
        self.replies = [Reply()]
        self._received: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Receiver:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(3)
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        """What the executable needs to come here."""
        return {
            "HTTPS_CONNECT_TO": f"127.0.0.1:{self._server.server_port}",
            "SSL_CERT_FILE": str(self.bundle),
        }

    def take(self) -> list[Received]:
        """What has come in since the last time."""
        taken, self._received = self._received, []
        return taken


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            leaks.note(body)
            receiver._received.append(Received(self.headers["Host"], self.path, headers, body))
            reply = receiver.replies[0] if len(receiver.replies) == 1 else receiver.replies.pop(0)
            time.sleep(reply.delay)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the client did not wait for it

        do_GET = do_PUT = do_POST

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _certificates(folder: Path, hosts: tuple[str, ...]) -> tuple[Path, Path]:
    """The file of the authority, and that of the certificate with its key."""
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: str, key, issuer: str, issuer_key, *extensions) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certificate(
        "Test authority", root_key, "Test authority", root_key, (x509.BasicConstraints(True, None), True)
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    leaf = certificate("Test receiver", key, "Test authority", root_key, (names, False))
    pem = serialization.Encoding.PEM
    bundle, chain = folder / "authority.pem", folder / "receiver.pem"
    bundle.write_bytes(root.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(leaf.public_bytes(pem) + private)
    return bundle, chain

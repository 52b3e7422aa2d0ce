"""`sam package` on what the script `package` makes: the first step of `sam deploy` and of `sam publish`. What it uploads is
kept by a stand-in of S3 on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ("template.yaml", "template-function-url.yaml")
# All that the script looks at: 64-bit ELF for arm64.
EXECUTABLE = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00" + bytes(44)

uploaded: dict[str, bytes] = {}


class S3(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(200 if self.path in uploaded else 404)

    def do_PUT(self) -> None:
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        uploaded[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def package(sam: str, folder: Path, endpoint: str) -> None:
    executable = folder / "executable"
    executable.write_bytes(EXECUTABLE)
    make = [sys.executable, ROOT / "package", "--executable", executable, "--output", folder / "made"]
    subprocess.run(make, check=True, capture_output=True)
    bundle = folder / "made/arm64"
    [function] = bundle.glob("*.zip")
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name in TEMPLATES:
        uploaded.clear()
        command = [sam, "package", "--template-file", str(bundle / name), "--s3-bucket", "bucket"]
        ended = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr
        where = re.findall(r"^\s+(CodeUri|ReadmeUrl|LicenseUrl): s3:/(/\S+)$", ended.stdout, re.MULTILINE)
        published = {kind: uploaded[path] for kind, path in where}
        wanted = {"CodeUri": function.read_bytes()}
        if name == TEMPLATES[0]:
            wanted |= {
                "ReadmeUrl": (ROOT / "README-SAR.md").read_bytes(),
                "LicenseUrl": (ROOT / "LICENSE").read_bytes(),
            }
        assert published == wanted, where
        assert len([kind for kind, _ in where if kind == "CodeUri"]) == 2, "both functions have the one zip"


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        package(sys.argv[1], Path(name), f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    print("sam package: the zip, README-SAR.md and LICENSE as they are")

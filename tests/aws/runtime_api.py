"""A Lambda Runtime API on 127.0.0.1 that runs our executable as Lambda would.

`Function` is a context manager: it serves the Runtime API of version 2018-06-01 on a free port, starts the
executable with the environment of a function and hands it one event after the other. Every wait is bounded,
and the process is ended by its own id when the block is left.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import leaks

VERSION = "/2018-06-01/runtime"
# How long an event may take until the test fails. Far above what the function needs (milliseconds).
INVOCATION_SECONDS = 20.0
# How long the process may take to end after SIGTERM before it is killed.
STOP_SECONDS = 3.0
TRACE_ID = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"


class InvocationFailed(Exception):
    """The function answered an event with an error (`Unhandled` of a real invocation)."""

    def __init__(self, error: dict[str, Any]):
        super().__init__(f"{error.get('errorType')}: {error.get('errorMessage')}")
        self.error = error


class FunctionDied(Exception):
    """The process ended, could not start or did not answer in time; the text ends with what it printed."""


class Function:
    """One function: the executable in one role."""

    def __init__(
        self,
        executable: Path | list[str],
        handler: str,
        environment: dict[str, str],
        log: Path,
        name: str | None = None,
    ):
        """`executable` may be a command with arguments, `handler` is the function's configured handler
        (`_HANDLER`), `environment` is complete but for Lambda's own variables, `log` receives both standard
        streams."""
        self.name = name or f"tests-{handler.replace('_', '-')}"
        self.arn = f"arn:aws:lambda:{environment['AWS_REGION']}:123456789012:function:{self.name}"
        self._command = executable if isinstance(executable, list) else [str(executable)]
        self._is_ours = not isinstance(executable, list)
        self._handler = handler
        self._environment = environment
        self._log = log
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._open: dict[str, Future[bytes]] = {}
        self._init_error: dict[str, Any] | None = None
        self._closing = threading.Event()

    def __enter__(self) -> Function:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        self._output = self._log.open("wb")
        leaks.note_credentials(self._environment)
        environment = self._environment | {
            "_HANDLER": self._handler,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
            "TZ": ":UTC",
        }
        try:
            self._process = subprocess.Popen(
                self._command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
            )
        except OSError:
            self._stop_server()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._stop_server()
        if self._is_ours:
            leaks.keep(self.name, self._log.read_bytes())

    def invoke(self, event: Any, timeout: float = INVOCATION_SECONDS) -> Any:
        """The JSON answer to an event. Raises `InvocationFailed`, `FunctionDied`."""
        return json.loads(self.invoke_raw(json.dumps(event).encode(), timeout))

    def invoke_raw(self, payload: bytes, timeout: float = INVOCATION_SECONDS) -> bytes:
        """As `invoke`, with the bytes of the event and of the answer."""
        (leaks.note_visit if self._handler == "process_callback" else leaks.note)(payload)
        request_id = str(uuid.uuid4())
        answer: Future[bytes] = Future()
        self._open[request_id] = answer
        self._events.put((request_id, payload))
        deadline = time.monotonic() + timeout
        try:
            while True:
                try:
                    result = answer.result(timeout=0.1)
                    self._keep_answer(payload, result)
                    return result
                except InvocationFailed as failure:
                    self._keep_answer(payload, json.dumps(failure.error).encode())
                    raise
                except FutureTimeout:
                    self._check_alive()
                    if time.monotonic() > deadline:
                        raise FunctionDied(
                            f"{self.name}: no answer within {timeout} s\n{self.log()}"
                        ) from None
        finally:
            del self._open[request_id]

    def _keep_answer(self, event: bytes, answer: bytes) -> None:
        if self._is_ours:
            leaks.answered(self.name, self._handler == "create_urls", event, answer)
        else:
            leaks.note(answer)

    def log(self) -> str:
        """What the process has printed so far."""
        return self._log.read_text(errors="replace")

    def _check_alive(self) -> None:
        if self._init_error is not None:
            raise FunctionDied(f"{self.name}: initialisation failed: {self._init_error}\n{self.log()}")
        if self._process.poll() is not None:
            raise FunctionDied(f"{self.name}: ended with status {self._process.returncode}\n{self.log()}")

    def _stop_server(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join(STOP_SECONDS)
        self._server.server_close()
        self._output.close()

    def _next(self) -> tuple[str, bytes] | None:
        """Waits for an event; nothing when the block is being left."""
        while not self._closing.is_set():
            try:
                return self._events.get(timeout=0.1)
            except queue.Empty:
                continue
        return None

    def _answered(self, request_id: str, body: bytes, failed: bool) -> bool:
        answer = self._open.get(request_id)
        if answer is None or answer.done():
            return False
        if failed:
            answer.set_exception(InvocationFailed(json.loads(body)))
        else:
            answer.set_result(body)
        return True


def _handler_of(function: Function) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer leaves in two writes; without this Nagle's algorithm would delay every event by 40 ms.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path != f"{VERSION}/invocation/next":
                return self._answer(404, b"{}")
            event = function._next()
            if event is None:
                self.close_connection = True
                return self._answer(503, b"{}")
            request_id, payload = event
            self._answer(
                200,
                payload,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 15) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": function.arn,
                    "Lambda-Runtime-Trace-Id": TRACE_ID,
                },
            )

        def do_POST(self) -> None:
            body = self._body()
            match self.path.removeprefix(VERSION).strip("/").split("/"):
                case ["invocation", request_id, "response"]:
                    known = function._answered(request_id, body, failed=False)
                    self._answer(202 if known else 400, b"{}")
                case ["invocation", request_id, "error"]:
                    known = function._answered(request_id, body, failed=True)
                    self._answer(202 if known else 400, b"{}")
                case ["init", "error"]:
                    function._init_error = json.loads(body)
                    self._answer(202, b"{}")
                case _:
                    self._answer(404, b"{}")

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", "0")))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(chunks)

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                # The process was ended while it waited for an event.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """The tests' output is for the tests."""

    return Handler

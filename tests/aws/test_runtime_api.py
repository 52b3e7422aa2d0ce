"""The Runtime API itself, with scripts for an executable: a broken function must never hang a test."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_api import Function, FunctionDied, InvocationFailed

SERVING = """
    import json, os, urllib.request
    runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
    while True:
        with urllib.request.urlopen(f"{runtime}/invocation/next") as event:
            request, body = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
        if body == "fail":
            kind, answer = "error", {"errorType": "Sorry", "errorMessage": "not today"}
        else:
            kind, answer = "response", {"handler": os.environ["_HANDLER"], "got": body, "pid": os.getpid()}
        send = urllib.request.Request(f"{runtime}/invocation/{request}/{kind}", json.dumps(answer).encode())
        urllib.request.urlopen(send).close()
"""
FAILING_AT_START = """
    import os, time, urllib.request
    runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
    urllib.request.urlopen(urllib.request.Request(f"{runtime}/init/error", b'{"errorType": "NoKey"}')).close()
    time.sleep(60)
"""
STUBBORN = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def function(tmp_path: Path) -> Callable[[str], Function]:
    def make(script: str) -> Function:
        path = tmp_path / "script"
        path.write_text(f"#!{sys.executable}\n{textwrap.dedent(script)}")
        path.chmod(0o755)
        return Function([str(path)], "create_urls", {"AWS_REGION": "eu-west-1"}, tmp_path / "log")

    return make


def test_events_are_answered_and_the_process_ends_with_the_block(function):
    with function(SERVING) as running:
        answers = [running.invoke(event) for event in ({"a": "é"}, None, [1])]
    assert [(answer["handler"], answer["got"]) for answer in answers] == [
        ("create_urls", {"a": "é"}),
        ("create_urls", None),
        ("create_urls", [1]),
    ]
    with pytest.raises(ProcessLookupError):
        os.kill(answers[0]["pid"], 0)


def test_an_error_of_the_function_is_raised(function):
    with function(SERVING) as running:
        with pytest.raises(InvocationFailed, match="Sorry: not today"):
            running.invoke("fail")
        assert running.invoke(1)["got"] == 1


def test_a_process_that_ends_is_noticed_with_its_last_words(function):
    with function("raise SystemExit('no KEY_ID')") as running:
        with pytest.raises(FunctionDied, match=r"ended with status 1\s+no KEY_ID"):
            running.invoke({})


def test_a_failure_at_start_is_noticed(function):
    with function(FAILING_AT_START) as running, pytest.raises(FunctionDied, match="NoKey"):
        running.invoke({})


def test_a_process_that_never_answers_is_given_up_and_killed(function):
    started = time.monotonic()
    with function(STUBBORN) as running:
        with pytest.raises(FunctionDied, match=r"no answer within 1 s\s+ready"):
            running.invoke({}, timeout=1)
    assert time.monotonic() - started < 10


def test_a_missing_executable_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        with Function(tmp_path / "nothing", "create_urls", {"AWS_REGION": "eu-west-1"}, tmp_path / "log"):
            pass

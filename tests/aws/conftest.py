"""What the tests share. `SFN_CALLBACK_URLS_EXE` names the executable; without one every test fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import leaks
import moto_aws
import written
from deployment import ROOT, Deployment
from moto_aws import Aws, Execution, Result
from stack import Stack


def pytest_configure(config: pytest.Config) -> None:
    # No profile, proxy or endpoint of the machine may reach the tests.
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_DEFAULT_REGION"] = moto_aws.REGION
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "tests"


@pytest.fixture(scope="session", autouse=True)
def nothing_secret_was_written() -> Iterator[None]:
    """Set up before every other fixture, so that at its end all processes have ended."""
    yield
    problems = [f"a secret: {place}" for place in leaks.found()]
    problems += [f"too short to be looked for, leaks.canary makes others: {secret}" for secret in leaks.short()]
    problems += written.faults(leaks.outputs())
    assert not problems, "in what the executable has written and answered:\n" + "\n".join(problems[:50])
    assert not leaks.is_blind(), "processes ran or links were made, and no secret was remembered"


@pytest.fixture(scope="session")
def executable() -> Path:
    path = Path(os.environ.get("SFN_CALLBACK_URLS_EXE", "target/debug/sfn-callback-urls")).resolve()
    if not os.access(path, os.X_OK):
        pytest.fail(
            f"{path.name} is not an executable file: build it, or set SFN_CALLBACK_URLS_EXE", pytrace=False
        )
    return path


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    with moto_aws.running() as running:
        # The AWS Encryption SDK makes its own clients.
        os.environ["AWS_ENDPOINT_URL"] = running.endpoint
        yield running


@pytest.fixture(scope="session")
def stack(aws: Aws, executable: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a key and every feature on, shared by the tests that leave it as it was."""
    with Stack(aws, executable, tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(autouse=True)
def forget_calls(request: pytest.FixtureRequest) -> None:
    """A test that counts calls must not see those of the test before it."""
    if "stack" in request.fixturenames:
        shared = request.getfixturevalue("stack")
        shared.create_calls()
        shared.process_calls()


@pytest.fixture
def new_stack(aws: Aws, executable: Path, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Starts stacks with other settings, or fresh ones for tests that spend KMS's patience."""
    with ExitStack() as running:

        def start(**settings: str | None) -> Stack:
            return running.enter_context(Stack(aws, executable, tmp_path, **settings))

        yield start


@pytest.fixture(scope="session")
def application(aws: Aws) -> Callable[..., Deployment]:
    """Stacks of `template.yaml`, one for each set of parameters."""

    @cache
    def deployed(**parameters: str) -> Deployment:
        return Deployment(aws, ROOT / "template.yaml", **parameters)

    return deployed


@pytest.fixture(scope="module", params=["JSONPath", "JSONata"])
def language(request: pytest.FixtureRequest) -> str:
    """The language of an example's state machines."""
    return request.param


@pytest.fixture(scope="module")
def endpoint(language: str) -> str:
    """The endpoint of the application beside an example. Which language meets which does not matter; approval-email is
    tried with all pairs."""
    return {"JSONPath": "RestApi", "JSONata": "RestApiAndHttpApi"}[language]


@dataclass(frozen=True)
class Waiting:
    """An execution that waits for a callback, and the token of its task."""

    execution: Execution
    token: str

    def result(self) -> Result:
        """Waits for the end; the output is what the callback sent."""
        ended = self.execution.result()
        return ended if ended.output is None else replace(ended, output=ended.output["answer"])


@pytest.fixture(scope="session")
def wait(aws: Aws) -> Callable[..., Waiting]:
    """Starts an execution whose only state sends its token to a queue and waits."""
    machines: dict[int | None, tuple[str, str]] = {}

    def start(heartbeat_seconds: int | None = None, data: Any = None) -> Waiting:
        if heartbeat_seconds not in machines:
            queue = aws.queue()
            machines[heartbeat_seconds] = (aws.state_machine(_waiting(queue, heartbeat_seconds)), queue)
        machine, queue = machines[heartbeat_seconds]
        execution = aws.start(machine, data or {})
        message = aws.receive(queue)
        assert execution.arn == message["execution"], "the queue holds a message of another execution"
        aws.tokens.append(message["token"])
        return Waiting(execution, message["token"])

    return start


def _waiting(queue: str, heartbeat_seconds: int | None) -> dict[str, Any]:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": queue,
            "MessageBody": {"token.$": "$$.Task.Token", "execution.$": "$$.Execution.Id"},
        },
        "TimeoutSeconds": 120,
        # moto shows an output that is only a string without its quotes; inside an object it is JSON.
        "ResultPath": "$.answer",
        "End": True,
    }
    if heartbeat_seconds is not None:
        state["HeartbeatSeconds"] = heartbeat_seconds
    return {"StartAt": "Wait", "States": {"Wait": state}}

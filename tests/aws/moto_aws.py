"""AWS on 127.0.0.1: moto's server with its Step Functions interpreter switched on, and real boto3 clients.

The interpreter is off unless moto's configuration says `{"stepfunctions": {"execute_state_machine": true}}`
(`POST /moto-api/config`); without it every task token is accepted and no execution ever moves.

moto 5.2.5 differs from AWS in four places that matter here, and is corrected below (see also moto_cloudformation.py
and moto_jsonata.py):
- SendTaskFailure drops the `cause`;
- a token of a closed task is `InvalidToken` for success and accepted for failure, where AWS answers
  `TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'`;
- a state that calls Step Functions itself hands its parameters on as they are written (`StateMachineArn`), although the
  API's are called `stateMachineArn`;
- Decrypt with another key's `KeyId` is AccessDenied, where AWS answers IncorrectKeyException.
What stays different: StopExecution does not end an execution whose task waits; an output that is not JSON is
accepted; a heartbeat needs a state with HeartbeatSeconds; disabled and deleted keys still decrypt; no
permission is ever missing, nothing is throttled; a CiphertextBlob has 96 bytes instead of 184, a task token
36 characters instead of some 700.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import boto3
import botocore.session
import requests
from botocore import xform_name
from moto.core.exceptions import JsonRESTError
from moto.core.responses import EmptyResult
from moto.kms.models import KmsBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.ses.models import RawMessage, ses_backends
from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.serving import make_server

import leaks
import moto_cloudformation
import moto_jsonata
from runtime_api import InvocationFailed

REGION = "eu-west-1"
ACCOUNT = "123456789012"
# What stacks are made from lies here.
BUCKET = "packaged"
ROLE = "arn:aws:iam::123456789012:role/states"
# How long an execution may take to reach the next thing a test waits for.
WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Call:
    """One request to AWS: who signed it (access key id), `Service.Operation`, and its parameters."""

    by: str
    operation: str
    parameters: dict[str, Any]


class Aws:
    """The server, the clients, two KMS keys and the record of all calls."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint
        # User functions for `lambda:invoke`: name -> handler(event) -> result.
        self.functions: dict[str, Callable[[Any], Any]] = {}
        # Every task token handed out, so that logs can be searched for them.
        self.tokens: list[str] = []
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def connect(self) -> None:
        """Makes the clients and the keys; the server must be up."""
        session = boto3.Session(aws_access_key_id="tests", aws_secret_access_key="tests", region_name=REGION)
        self.stepfunctions = session.client("stepfunctions", endpoint_url=self.endpoint)
        self.sqs = session.client("sqs", endpoint_url=self.endpoint)
        self.sns = session.client("sns", endpoint_url=self.endpoint)
        self.kms = session.client("kms", endpoint_url=self.endpoint)
        self.awslambda = session.client("lambda", endpoint_url=self.endpoint)
        self.cloudformation = session.client("cloudformation", endpoint_url=self.endpoint)
        self.apigateway = session.client("apigateway", endpoint_url=self.endpoint)
        self.iam = session.client("iam", endpoint_url=self.endpoint)
        self.ses = session.client("sesv2", endpoint_url=self.endpoint)
        self.eventbridge = session.client("events", endpoint_url=self.endpoint)
        self.secrets = session.client("secretsmanager", endpoint_url=self.endpoint)
        self.parameters = session.client("ssm", endpoint_url=self.endpoint)
        self.s3 = session.client("s3", endpoint_url=self.endpoint)
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.other_key = self.kms.create_key()["KeyMetadata"]["Arn"]

    def record(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def take_calls(self, by: str) -> list[Call]:
        """The calls signed by an access key id since the last time, oldest first."""
        with self._lock:
            taken = [call for call in self._calls if call.by == by]
            self._calls = [call for call in self._calls if call.by != by]
        return taken

    def queue(self) -> str:
        """The URL of a new queue."""
        return self.sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"]

    def receive(self, queue_url: str) -> Any:
        """The JSON body of the next message; fails when none comes."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=0)
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                return json.loads(message["Body"])
            time.sleep(0.02)
        raise AssertionError(f"no message within {WAIT_SECONDS} s")

    def topic(self) -> tuple[str, str]:
        """The ARN of a new topic, and the URL of a queue that gets its messages."""
        topic = self.sns.create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"]
        queue = self.queue()
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
        return topic, queue

    def mails(self) -> list[RawMessage]:
        """The mails that SES has sent since the last time."""
        sent = ses_backends[ACCOUNT][REGION].sent_messages
        taken, sent[:] = list(sent), []
        return taken

    def state_machine(self, definition: dict[str, Any]) -> str:
        """The ARN of a new state machine."""
        return self.stepfunctions.create_state_machine(
            name=f"m-{uuid.uuid4().hex}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]

    def start(self, state_machine: str, data: Any) -> Execution:
        name = uuid.uuid4().hex
        arn = self.stepfunctions.start_execution(
            stateMachineArn=state_machine, name=name, input=json.dumps(data)
        )
        return Execution(self, arn["executionArn"])


@dataclass(frozen=True)
class Result:
    """How an execution ended. `output` is the value, not its text."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Execution:
    aws: Aws
    arn: str

    def status(self) -> str:
        return self.aws.stepfunctions.describe_execution(executionArn=self.arn)["status"]

    def result(self) -> Result:
        """Waits for the end."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            seen = self.aws.stepfunctions.describe_execution(executionArn=self.arn)
            if seen["status"] != "RUNNING":
                output = json.loads(seen["output"]) if "output" in seen else None
                return Result(seen["status"], output, seen.get("error"), seen.get("cause"))
            time.sleep(0.02)
        raise AssertionError(f"the execution is still running after {WAIT_SECONDS} s")


@contextmanager
def running() -> Iterator[Aws]:
    """Starts the server on a free port."""
    _correct_moto()
    moto_cloudformation.correct_moto()
    moto_jsonata.correct_moto()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # The interpreter logs each failed execution as an exception; here failures are results.
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    moto_app = DomainDispatcherApplication(create_backend_app)
    aws: Aws | None = None

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        assert aws is not None
        return _serve(aws, moto_app, environ, start_response)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    aws = Aws(f"http://127.0.0.1:{server.server_port}")
    # The interpreter calls the services of its states at this port.
    os.environ["MOTO_PORT"] = str(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        config = {"stepfunctions": {"execute_state_machine": True}}
        requests.post(f"{aws.endpoint}/moto-api/config", json=config, timeout=10).raise_for_status()
        aws.connect()
        yield aws
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_GIVING_KEYS = ("TrentService.GenerateDataKey", "TrentService.Decrypt", "TrentService.GenerateMac")
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[0-9]{8}/[^/]+/([^/]+)/")


def _serve(aws: Aws, moto_app: Any, environ: dict[str, Any], start_response: Any) -> Any:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    target = environ.get("HTTP_X_AMZ_TARGET")
    signer = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    invoked = _INVOKE.fullmatch(unquote(environ["PATH_INFO"]))
    if signer:
        if target:
            aws.record(Call(signer[1], target, json.loads(body or b"{}")))
            leaks.note(body)
        elif invoked:
            aws.record(Call(signer[1], "Lambda.Invoke", {"FunctionName": invoked[1]}))
        elif environ["PATH_INFO"] == "/v2/email/outbound-emails":
            aws.record(Call(signer[1], "ses.SendEmail", json.loads(body)))
        elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(body.decode()))
            aws.record(Call(signer[1], f"{signer[2]}.{form.get('Action')}", form))
    # moto runs functions in containers; ours are Python callables.
    if invoked:
        name = invoked[1].rsplit(":", 1)[-1]
        if name not in aws.functions:
            error = json.dumps({"Type": "User", "Message": f"Function not found: {invoked[1]}"}).encode()
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(error))),
                ("X-Amzn-ErrorType", "ResourceNotFoundException"),
                ("X-Amzn-RequestId", str(uuid.uuid4())),
            ]
            start_response("404 Not Found", headers)
            return [error]
        headers = [("Content-Type", "application/json")]
        try:
            payload = json.dumps(aws.functions[name](json.loads(body or b"null"))).encode()
        except InvocationFailed as failure:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
            payload = json.dumps(failure.error).encode()
        except Exception as error:
            headers.append(("X-Amz-Function-Error", "Unhandled"))
            payload = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}).encode()
        start_response("200 OK", [*headers, ("Content-Length", str(len(payload)))])
        return [payload]
    answer = moto_app(environ, start_response)
    if target not in _GIVING_KEYS:
        return answer
    given = b"".join(answer)
    for field in ("Plaintext", "Mac"):
        if key := json.loads(given).get(field):
            leaks.note_key(key)
    return [given]


class _TaskTimedOut(AWSError):
    TYPE = "TaskTimedOut"

    def __init__(self) -> None:
        super().__init__("Task Timed Out: 'Provided task does not exist anymore'")


class _IncorrectKey(JsonRESTError):
    code = 400

    def __init__(self) -> None:
        super().__init__(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )


def _correct_moto() -> None:
    def send_task_failure(self: StepFunctionResponse) -> EmptyResult:
        self.stepfunction_backend.send_task_failure(
            self._get_param("taskToken"), error=self._get_param("error"), cause=self._get_param("cause")
        )
        return EmptyResult()

    StepFunctionResponse.send_task_failure = send_task_failure
    for name in ("send_task_success", "send_task_failure", "send_task_heartbeat"):
        setattr(StepFunctionsParserBackend, name, _refusing_closed(getattr(StepFunctionsParserBackend, name)))
    KmsBackend.decrypt = _refusing_other_keys(KmsBackend.decrypt)
    StateTaskService._normalise_parameters = _named_as_in_the_api


def _named_as_in_the_api(self: StateTaskService, parameters: dict[str, Any], **_: Any) -> None:
    service = botocore.session.get_session().get_service_model(self._get_boto_service_name())
    operation = xform_name(self._get_boto_service_action())
    names = {xform_name(name): name for name in service.operation_names}
    members = service.operation_model(names[operation]).input_shape.members
    for member in members:
        written = member[0].upper() + member[1:]
        if member != written and written in parameters:
            parameters[member] = parameters.pop(written)


def _refusing_closed(send: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: StepFunctionsParserBackend, task_token: str, *args: Any, **kwargs: Any) -> Any:
        for execution in self._get_executions():
            endpoint = execution.exec_worker.env.callback_pool_manager.get(task_token)
            if endpoint is None:
                continue
            if execution.status != "RUNNING" or endpoint.get_outcome() or endpoint.consumer_error:
                raise _TaskTimedOut()
        return send(self, task_token, *args, **kwargs)

    return checked


def _refusing_other_keys(decrypt: Callable[..., Any]) -> Callable[..., Any]:
    def checked(
        self: KmsBackend, ciphertext_blob: bytes, encryption_context: Any, key_id: str | None = None
    ) -> Any:
        plaintext, arn = decrypt(self, ciphertext_blob, encryption_context)
        if key_id is not None and self.any_id_to_key_id(key_id) != arn.rsplit("/", 1)[-1]:
            raise _IncorrectKey()
        return plaintext, arn

    return checked

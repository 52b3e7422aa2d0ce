"""`examples/function-url` with both languages: a stack that brings its own application, without any API Gateway.

moto executes the definition, the function runs from the example's folder, the links go through the gateway. moto has
no evaluator for JSONata of its own; moto_jsonata.py gives it one.
"""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import pytest

from checks import STRAY, changed_query, check_done, check_refused
from example import EMAIL, Example, follow
from moto_aws import Result


@pytest.fixture(scope="module")
def example(language, aws, executable, tmp_path_factory):
    folder = tmp_path_factory.mktemp("function-url")
    with Example(aws, executable, folder, "function-url", language, Email=EMAIL) as running:
        yield running


@pytest.fixture
def asked(example):
    """An execution that waits, with its approve and its reject link."""
    example.forget_calls()
    execution = example.start({"Comment": "anything"})
    mail = example.mail()
    assert mail.subject == "Required approval from AWS Step Functions"
    assert f"Execution {execution.arn.rsplit(':', 1)[-1]} asks" in mail.text
    approve, reject = mail.links()
    yield execution, approve, reject
    if execution.status() == "RUNNING":
        follow(example.gateway, reject)


def test_there_is_no_api_gateway(example, asked):
    _, approve, reject = asked
    for kind in ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
        assert not example.deployment.resources(kind)
    for link in (approve, reject):
        assert urlsplit(link).netloc.endswith(".lambda-url.eu-west-1.on.aws")
        assert urlsplit(link).path == "/respond"


@pytest.mark.parametrize(
    ("answer", "status"),
    [("approve", "Approved! Task approved by"), ("reject", "Rejected! Task rejected by")],
)
def test_the_status_is_the_answer(example, asked, answer, status):
    execution, approve, reject = asked
    check_done(follow(example.gateway, approve if answer == "approve" else reject), answer, "success")
    output = {"Status": f"{status} {EMAIL}"}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme


def test_the_first_answer_counts(example, asked):
    execution, approve, reject = asked
    check_done(follow(example.gateway, approve), "approve", "success")
    first = execution.result()
    for link in (approve, reject):
        check_refused(follow(example.gateway, link), 400, "StepFunctionsError")
    assert execution.result() == first


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_methods_that_answer_nothing(example, asked, method):
    execution, approve, _ = asked
    answer = follow(example.gateway, approve, method)
    check_refused(answer, 405, "MethodNotAllowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert execution.status() == "RUNNING" and not example.reports()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"data": None}, "InvalidPayload", id="no data"),
        pytest.param({"data": "3-AAAA"}, "InvalidPayload", id="damaged"),
        pytest.param({"action": "reject"}, "ActionMismatched", id="another action"),
    ],
)
def test_a_changed_link(example, asked, changes, code):
    execution, approve, _ = asked
    check_refused(follow(example.gateway, changed_query(approve, **changes)), 400, code)
    assert execution.status() == "RUNNING" and not example.reports()


def test_an_expired_link(example):
    example.forget_calls()
    # The message of a task whose links live for a second.
    event = {
        "token": STRAY,
        "ExecutionContext": {"Execution": {"Name": "short"}},
        "LinksExpireAfterSeconds": 1,
    }
    answer = example.aws.awslambda.invoke(
        FunctionName=example.function("SendLinks"), Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
    approve, _ = example.mail().links()
    time.sleep(1.1)
    check_refused(follow(example.gateway, approve), 400, "ExpiredPayload")
    assert not example.reports()


def test_when_no_link_can_be_made_the_task_fails_at_once(example):
    context = {"Execution": {"Name": "past"}}
    answer = example.aws.awslambda.invoke(
        FunctionName=example.function("SendLinks"),
        Payload=json.dumps(
            {"token": STRAY, "ExecutionContext": context, "LinksExpireAfterSeconds": -60}
        ).encode(),
    )
    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"].read())
    assert error["errorType"] == "RuntimeError" and error["errorMessage"].startswith("InvalidDate: ")


def test_each_right_is_used_and_each_use_is_granted(example, asked):
    for logical_id, (needed, granted) in example.machine_rights().items():
        assert needed == granted, logical_id
    assert example.used("SendLinks") == example.granted("SendLinks")

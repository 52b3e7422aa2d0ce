"""`examples/approval-email` with both languages and both endpoints of the application.

moto executes the definition, the function runs from the example's folder, the links go through the gateway. moto has
no evaluator for JSONata of its own; moto_jsonata.py gives it one.
"""

from __future__ import annotations

import json

import pytest

from checks import SEND_FAILURE, SEND_SUCCESS, changed_query, check_done, check_refused
from example import EMAIL, Example, follow
from moto_aws import Result


@pytest.fixture(scope="module", params=["RestApi", "RestApiAndHttpApi"])
def example(request, language, application, aws, executable, tmp_path_factory):
    stack = application(Endpoint=request.param)
    with Example(
        aws,
        executable,
        tmp_path_factory.mktemp("approval-email"),
        "approval-email",
        language,
        stack,
        CreateUrlsFunction=stack.outputs["Function"],
        Email=EMAIL,
    ) as deployed:
        yield deployed


@pytest.fixture
def asked(example):
    """An execution that waits, with its approve and its reject link."""
    example.forget_calls()
    execution = example.start({"name": "Ben"})
    mail = example.mail()
    assert mail.subject == "Please approve or reject" and "Hello Ben," in mail.text
    approve, reject = mail.links()
    base = example.application.outputs["LinkBase"]
    assert approve.startswith(f"{base}/respond?action=approve&type=success&data=3-")
    assert reject.startswith(f"{base}/respond?action=reject&type=failure&data=3-")
    yield execution, approve, reject
    if execution.status() == "RUNNING":
        follow(example.gateway, approve)
        example.mail()


def test_approved(example, asked):
    execution, approve, _ = asked
    check_done(follow(example.gateway, approve), "approve", "success")
    output = {"name": "Ben", "output": {"name_in_output": "Ben"}}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme
    assert "Hello Ben,\n\nthe task is complete." in example.mail().text
    [sent] = example.reports(SEND_SUCCESS)
    assert sent.parameters["output"] == '{"name_in_output":"Ben"}'


def test_rejected(example, asked):
    execution, _, reject = asked
    check_done(follow(example.gateway, reject), "reject", "failure")
    output = {"name": "Ben", "output": {"Error": "rejected", "Cause": "Ben rejected it"}}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme
    mail = example.mail()
    assert mail.subject == "The task was rejected" and "Ben rejected it" in mail.text
    [sent] = example.reports(SEND_FAILURE)
    assert (sent.parameters["error"], sent.parameters["cause"]) == ("rejected", "Ben rejected it")


def test_the_first_answer_counts(example, asked):
    execution, approve, reject = asked
    check_done(follow(example.gateway, approve), "approve", "success")
    assert execution.result().status == "SUCCEEDED"
    example.mail()
    for link in (approve, reject):
        message = check_refused(follow(example.gateway, link), 400, "StepFunctionsError")
        assert message.startswith("TaskTimedOut:")
    assert execution.result() == Result("SUCCEEDED", {"name": "Ben", "output": {"name_in_output": "Ben"}})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_methods_that_the_api_does_not_have(example, asked, method):
    execution, approve, _ = asked
    answer = follow(example.gateway, approve, method)
    if approve.startswith(example.application.outputs["Api"]):
        assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})
    else:
        assert (answer.status, answer.json()) == (404, {"message": "Not Found"})
    assert execution.status() == "RUNNING" and not example.reports()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"data": None}, "InvalidPayload", id="no data"),
        pytest.param({"data": "3-AAAA"}, "InvalidPayload", id="damaged"),
        pytest.param({"data": "1-e30"}, "EncryptionRequired", id="not encrypted"),
        pytest.param({"action": "reject"}, "ActionMismatched", id="another action"),
    ],
)
def test_a_changed_link(example, asked, changes, code):
    execution, approve, _ = asked
    check_refused(follow(example.gateway, changed_query(approve, **changes)), 400, code)
    assert execution.status() == "RUNNING" and not example.reports()


def test_a_link_checker_answers_nothing(example, asked):
    execution, approve, _ = asked
    answer = follow(example.gateway, approve, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert execution.status() == "RUNNING" and not example.reports()


def test_when_no_link_can_be_made_the_task_fails_at_once(example):
    result = example.start({"name": "B" * 9_000}).result()
    assert (result.status, result.error) == ("FAILED", "RuntimeError")
    assert "UrlTooLong" in result.cause


def test_another_step_is_refused(example):
    example.forget_calls()
    answer = example.aws.awslambda.invoke(
        FunctionName=example.function("ApprovalEmailsFunction"), Payload=b'{"step": "Else"}'
    )
    assert answer["FunctionError"] == "Unhandled"
    assert b"is none of SendApprovalRequest, SendConfirmation" in answer["Payload"].read()
    assert not example.used("ApprovalEmailsFunction")


def test_each_right_is_used_and_each_use_is_granted(example, asked):
    for logical_id, (needed, granted) in example.machine_rights().items():
        assert needed == granted, logical_id
    assert example.used("ApprovalEmailsFunction") == example.granted("ApprovalEmailsFunction")

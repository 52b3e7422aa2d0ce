"""`examples/human-approval` with both languages: two state machines, no function, and a redirect to the console.

moto executes both definitions, one of which starts the other; the links go through the gateway. moto has no evaluator
for JSONata of its own; moto_jsonata.py gives it one.
"""

from __future__ import annotations

import json

import pytest

from checks import SEND_SUCCESS, changed_query, check_refused
from deployment import Deployment
from example import EMAIL, Example, follow
from moto_aws import REGION, Result

INPUT = {"Comment": "Testing the human approval tutorial."}


@pytest.fixture(scope="module")
def deployed(application, aws, executable, tmp_path_factory):
    """Deploys the example beside a stack of the application."""

    def deploy(language: str, stack: Deployment, function: str | None = None) -> Example:
        return Example(
            aws,
            executable,
            tmp_path_factory.mktemp("human-approval"),
            "human-approval",
            language,
            stack,
            CreateUrlsFunction=function or stack.outputs["Function"],
            Email=EMAIL,
        )

    return deploy


@pytest.fixture(scope="module")
def example(language, endpoint, application, deployed):
    with deployed(language, application(Endpoint=endpoint)) as running:
        yield running


@pytest.fixture
def asked(example):
    """An execution that waits, with its approve and its reject link."""
    example.forget_calls()
    execution = example.start(INPUT)
    mail = example.mail()
    assert mail.subject == "Required approval from AWS Step Functions"
    assert f"Execution: {execution.arn}\n" in mail.text
    assert 'Input: {"Comment":"Testing the human approval tutorial."}\n' in mail.text
    approve, reject = mail.links()
    assert "?action=approve&type=success&" in approve and "?action=reject&type=success&" in reject
    yield execution, approve, reject
    if execution.status() == "RUNNING":
        follow(example.gateway, reject)


@pytest.mark.parametrize(
    ("answer", "status"),
    [("approve", "Approved! Task approved by"), ("reject", "Rejected! Task rejected by")],
)
def test_the_status_is_the_answer_and_the_browser_goes_to_the_execution(example, asked, answer, status):
    execution, approve, reject = asked
    page = follow(example.gateway, approve if answer == "approve" else reject, Accept="text/html")
    assert (page.status, page.body) == (303, b"")
    assert page.headers["location"] == (
        f"https://console.aws.amazon.com/states/home?region={REGION}#/executions/details/{execution.arn}"
    )
    output = {"Status": f"{status} {EMAIL}"}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme
    assert _visited(execution) == [
        "AskForApproval",
        "ManualApprovalChoiceState",
        "ApprovedPassState" if answer == "approve" else "RejectedPassState",
    ]
    [sent] = example.reports(SEND_SUCCESS)
    assert sent.parameters["output"] == f'{{"Status":"{status} {EMAIL}"}}'


def test_the_first_answer_counts(example, asked):
    execution, approve, reject = asked
    assert follow(example.gateway, reject).status == 303
    assert execution.result().status == "SUCCEEDED"
    for link in (approve, reject):
        answer = follow(example.gateway, link)
        check_refused(answer, 400, "StepFunctionsError")
        assert "location" not in answer.headers
    assert execution.result() == Result("SUCCEEDED", {"Status": f"Rejected! Task rejected by {EMAIL}"})


def test_a_refused_visitor_is_not_sent_to_the_console(example, asked):
    execution, approve, _ = asked
    for link, method in ((changed_query(approve, data="3-AAAA"), "GET"), (approve, "DELETE")):
        answer = follow(example.gateway, link, method)
        assert answer.status in (400, 403, 404) and "location" not in answer.headers
    assert execution.status() == "RUNNING" and not example.reports()


def test_another_status_is_no_answer(example, asked):
    execution, approve, _ = asked
    token = example.aws.tokens[-1]
    links = example.gateway.invoke(
        example.function("CreateUrls"),
        {"token": token, "actions": [{"name": "other", "type": "success", "output": {"Status": "Perhaps"}}]},
    )
    assert follow(example.gateway, links["urls"]["other"]).status == 200
    # AWS's error is States.NoChoiceMatched; moto has another.
    assert execution.result().status == "FAILED"
    assert _visited(execution) == ["AskForApproval", "ManualApprovalChoiceState"]


def test_each_right_is_needed_and_each_need_is_granted(example):
    rights = example.machine_rights()
    assert len(rights) == 2
    for logical_id, (needed, granted) in rights.items():
        assert needed == granted, logical_id


def test_without_the_function_the_task_fails_at_once(deployed, application, language):
    with deployed(language, application(Endpoint="RestApi"), "no-such-function") as example:
        result = example.start(INPUT).result()
    assert (result.status, result.error) == ("FAILED", "Lambda.ResourceNotFoundException")


@pytest.mark.parametrize("answer", [{}, [], "urls", None, {"statusCode": 200}])
def test_another_function_fails_the_task_at_once(aws, deployed, application, language, answer):
    aws.functions["another-function"] = lambda event: answer
    with deployed(language, application(Endpoint="RestApi"), "another-function") as example:
        result = example.start(INPUT).result()
    del aws.functions["another-function"]
    assert (result.status, result.error) == ("FAILED", "NotCreateUrls")
    assert "Check the parameter CreateUrlsFunction." in result.cause


def test_when_links_are_refused_the_task_fails_at_once(deployed, application, language):
    gone = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    with deployed(language, application(EncryptionKeyArn=gone)) as example:
        result = example.start(INPUT).result()
    assert (result.status, result.error) == ("FAILED", "EncryptionFailed")
    assert result.cause


def _visited(execution):
    history = execution.aws.stepfunctions.get_execution_history(executionArn=execution.arn)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]

"""`examples/webhook` with both languages: another system takes its job from the queue and POSTs JSON to the link.

moto executes both definitions, one of which starts the other; the POSTs go through the gateway. moto has no evaluator
for JSONata of its own; moto_jsonata.py gives it one.
"""

from __future__ import annotations

import json

import pytest

from checks import SEND_HEARTBEAT, check_refused
from deployment import Deployment
from example import Example
from moto_aws import Result

JOB = {"job": {"document": "contract-42"}}


@pytest.fixture(scope="module")
def deployed(aws, executable, tmp_path_factory):
    def deploy(language: str, stack: Deployment) -> Example:
        return Example(
            aws,
            executable,
            tmp_path_factory.mktemp("webhook"),
            "webhook",
            language,
            stack,
            CreateUrlsFunction=stack.outputs["Function"],
        )

    return deploy


@pytest.fixture(scope="module")
def example(language, endpoint, application, deployed):
    with deployed(language, application(Endpoint=endpoint, EnablePostActions="true")) as running:
        yield running


@pytest.fixture
def waiting(example):
    """An execution that waits, with the link that the other system got."""
    example.forget_calls()
    execution = example.start(JOB)
    message = example.aws.receive(example.deployment.outputs["Queue"])
    assert set(message) == {"job", "callback_url"} and message["job"] == JOB["job"]
    link = message["callback_url"]
    assert link.startswith(f"{example.application.outputs['LinkBase']}/respond?action=report&type=post&data=3-")
    yield execution, link
    if execution.status() == "RUNNING":
        example.gateway.request_json(link, {"status": "cancelled", "reason": "the test is over"})


def test_completed(example, waiting):
    execution, link = waiting
    body = {"status": "completed", "result": {"signed": True}}
    answer = example.gateway.request_json(link, body)
    assert (answer.status, answer.json()) == (200, {"received": True})
    output = {**JOB, "result": body}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme


def test_the_whole_body_is_the_output(example, waiting):
    execution, link = waiting
    body = {"by": "Ann", "status": "completed", "result": {"price": 12.5, "notes": ["ä", None]}}
    assert example.gateway.request_json(link, body).status == 200
    assert execution.result() == Result("SUCCEEDED", {**JOB, "result": body})


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_failed(example, waiting, status):
    execution, link = waiting
    answer = example.gateway.request_json(link, {"status": status, "reason": "page 2 is missing"})
    assert (answer.status, answer.json()) == (200, {"received": True})
    assert execution.result() == Result("FAILED", None, "JobFailed", "page 2 is missing")


def test_signs_of_life_and_then_the_result(example, waiting):
    execution, link = waiting
    for _ in range(2):
        assert example.gateway.request_json(link, {"status": "running"}).status == 200
        assert execution.status() == "RUNNING"
    assert len(example.reports(SEND_HEARTBEAT)) == 2
    body = {"status": "completed", "result": {}}
    assert example.gateway.request_json(link, body).status == 200
    assert execution.result() == Result("SUCCEEDED", {**JOB, "result": body})
    # A sign of life that comes too late.
    check_refused(example.gateway.request_json(link, {"status": "running"}), 400, "StepFunctionsError")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"status": "done", "result": {}}, id="unknown status"),
        pytest.param({"status": "completed"}, id="no result"),
        pytest.param({"status": "completed", "result": "yes"}, id="result is no object"),
        pytest.param({"status": "failed"}, id="no reason"),
        pytest.param({"status": "failed", "reason": 7}, id="reason is no text"),
        pytest.param([{"status": "completed", "result": {}}], id="an array"),
        pytest.param(None, id="null"),
    ],
)
def test_bodies_that_no_schema_accepts(example, waiting, body):
    execution, link = waiting
    check_refused(example.gateway.request_json(link, body), 400, "InvalidPostActionBody")
    assert execution.status() == "RUNNING" and not example.reports()


def test_what_is_not_posted_as_json(example, waiting):
    execution, link = waiting
    check_refused(example.gateway.request("GET", link), 405, "PostActionNotPosted")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    check_refused(example.gateway.request("POST", link, form, "status=running"), 415, "InvalidPostActionBody")
    check_refused(example.gateway.request("POST", link), 400, "InvalidPostActionBody")
    assert execution.status() == "RUNNING" and not example.reports()


def test_a_second_result_changes_nothing(example, waiting):
    execution, link = waiting
    assert example.gateway.request_json(link, {"status": "completed", "result": {"n": 1}}).status == 200
    first = execution.result()
    again = example.gateway.request_json(link, {"status": "completed", "result": {"n": 2}})
    check_refused(again, 400, "StepFunctionsError")
    assert execution.result() == first


def test_each_right_is_needed_and_each_need_is_granted(example):
    rights = example.machine_rights()
    assert len(rights) == 2
    for logical_id, (needed, granted) in rights.items():
        assert needed == granted, logical_id


def test_while_post_actions_are_off_the_task_fails_at_once(deployed, application, language):
    with deployed(language, application(Endpoint="RestApi")) as example:
        result = example.start(JOB).result()
    assert (result.status, result.error) == ("FAILED", "PostActionsDisabled")
    assert result.cause

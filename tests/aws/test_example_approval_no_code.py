"""`examples/approval-no-code` with both languages: a single state, whose function delivers its own link.

moto executes the definition; the message is read from SNS, the page is opened and its button pressed as a browser does.
"""

from __future__ import annotations

import json
import re
import time
from urllib.parse import urlencode

import pytest

from checks import check_refused
from example import EMAIL, Example, follow
from moto_aws import ACCOUNT, REGION, Result

QUESTION = {"question": "Deploy v1.4.2 to production?"}


@pytest.fixture(scope="module")
def example(language, aws, executable, tmp_path_factory):
    folder = tmp_path_factory.mktemp("approval-no-code")
    with Example(aws, executable, folder, "approval-no-code", language, Email=EMAIL) as running:
        yield running


@pytest.fixture
def asked(example):
    """An execution that waits, and its link."""
    example.forget_calls()
    execution = example.start(QUESTION)
    mail = example.mail()
    assert mail.subject == "Please approve or reject"
    assert f"\n- Execution: {execution.arn.rsplit(':', 1)[-1]}\n" in mail.text
    assert "\n> Deploy v1.4.2 to production?\n" in mail.text
    [link] = [link.rstrip(">") for link in mail.links()]
    yield execution, link
    if execution.status() == "RUNNING":
        press(example, link, outcome="reject", **{"f.reason": "cleaning up"})


def press(example, link: str, **fields: str):
    """Opens the page, reads it for a second, and presses a button."""
    page = follow(example.gateway, link, Accept="text/html")
    assert page.status == 200
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.body.decode())[1]
    time.sleep(1.1)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    return example.gateway.request("POST", link, headers, urlencode({"nonce": nonce, **fields}))


def test_the_machine_has_one_state_and_there_is_no_other_function(example):
    [machine] = example.deployment.resources("AWS::StepFunctions::StateMachine").values()
    definition = example.aws.stepfunctions.describe_state_machine(stateMachineArn=machine)["definition"]
    assert list(json.loads(definition)["States"]) == ["AskForApproval"]
    assert set(example.deployment.resources("AWS::Lambda::Function")) == {"CreateUrls", "ProcessCallback"}


def test_approve_succeeds_and_tells_who(example, asked):
    execution, link = asked
    assert press(example, link, outcome="approve").status == 200
    result = execution.result()
    assert result.status == "SUCCEEDED"
    callback = result.output.pop("_callback")
    assert result.output == {"Status": "Approved"}
    assert (callback["action"], callback["outcome"], callback["recipient"]) == ("decide", "approve", None)


def test_reject_fails_with_the_reason(example, asked):
    execution, link = asked
    assert press(example, link, outcome="reject").status == 400, "a reason is needed"
    assert execution.status() == "RUNNING"
    assert press(example, link, outcome="reject", **{"f.reason": "Not on a Friday"}).status == 200
    assert execution.result() == Result("FAILED", None, "Rejected", "Not on a Friday")


def test_opening_the_link_answers_nothing(example, asked):
    execution, link = asked
    for method in ("GET", "HEAD"):
        assert follow(example.gateway, link, method).status == 200
    check_refused(follow(example.gateway, link, "POST"), 400, "ConfirmationRequired")
    assert execution.status() == "RUNNING" and not example.reports()


def test_the_link_is_not_in_the_history(example, asked):
    execution, link = asked
    history = example.aws.stepfunctions.get_execution_history(executionArn=execution.arn)["events"]
    text = json.dumps(history, default=str)
    assert "transaction_id" in text or "TaskSubmitted" in text, "the answer of the function is there"
    assert link.split("data=")[1] not in text


def test_without_a_question_nobody_is_asked(example):
    result = example.start({}).result()
    assert result.status == "FAILED"


def test_a_message_that_cannot_be_sent_fails_the_state_at_once(example):
    topic = example.deployment.outputs["Topic"]
    attributes = example.aws.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    example.aws.sns.delete_topic(TopicArn=topic)
    started = time.monotonic()
    result = example.start(QUESTION).result()
    # The topic comes back for the tests after this one, with its mailbox.
    again = example.aws.sns.create_topic(Name=topic.rsplit(":", 1)[-1])["TopicArn"]
    assert again == topic and attributes
    queue = example.aws.sqs.get_queue_attributes(QueueUrl=example._mailbox, AttributeNames=["QueueArn"])
    example.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    assert (result.status, result.error) == ("FAILED", "DeliveryFailed")
    assert "deliver.sns: the message was not sent (NotFound)" in result.cause
    assert time.monotonic() - started < 10


def test_each_right_is_needed_and_each_need_is_granted(example):
    [(needed, granted)] = example.machine_rights().values()
    assert needed == granted
    example.forget_calls()
    example.start(QUESTION)
    example.mail()
    assert ("sns:Publish", example.deployment.outputs["Topic"]) in example.granted("CreateUrls")
    topics = [resource for action, resource in example.granted("CreateUrls") if action == "sns:Publish"]
    assert topics == [f"arn:aws:sns:{REGION}:{ACCOUNT}:{topics[0].rsplit(':', 1)[-1]}"]

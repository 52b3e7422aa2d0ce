"""`examples/service-catalog-approval`: both products, from their launch to the end of the stack.

The events of CloudFormation and what it makes of the answers are a stand-in's (product_stack.py); the function, the topic, the
pages and the answers that go out are real.
"""

from __future__ import annotations

import json
import re
import time
from urllib.parse import urlencode

import pytest

from deployment import ROOT, Deployment
from example import EMAIL, pairs
from gateway import Gateway
from moto_aws import ACCOUNT, REGION
from product_stack import RESPONSE_HOST, WAIT_HOST, ProductStack
from receiver import Receiver, Reply

FOLDER = ROOT / "examples" / "service-catalog-approval"
REASON = "For the load test in <week> 48"
SWITCHES = ("EnablePostActions", "EnableCustomResources", "EnableWaitConditions")


class Catalog:
    """The administrator's stack, the application and CloudFormation's hosts."""

    def __init__(self, aws, executable, folder, **parameters: str):
        self.aws = aws
        self.receiver = Receiver(folder, WAIT_HOST, RESPONSE_HOST)
        self._function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:not-yet"
        self.admin = Deployment(aws, FOLDER / "template.yaml", Email=EMAIL, CreateUrlsArn=self._function)
        self.topic = self.admin.outputs["Topic"]
        self.mailbox = aws.queue()
        arn = aws.sqs.get_queue_attributes(QueueUrl=self.mailbox, AttributeNames=["QueueArn"])
        aws.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
        on = {"DeliverTopicArns": self.topic} | dict.fromkeys(SWITCHES, "true")
        self.application = Deployment(aws, ROOT / "template.yaml", **(on | parameters))
        self.gateway = Gateway(
            aws, executable, folder, self.application, environment=self.receiver.settings()
        )

    def __enter__(self) -> Catalog:
        self.receiver.__enter__()
        self.gateway.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.gateway.__exit__(*exception)
        self.receiver.__exit__(*exception)

    def launched(self, product: str) -> ProductStack:
        stack = ProductStack(
            self.aws,
            self.gateway,
            self.receiver,
            FOLDER / f"{product}.yaml",
            CreateUrlsArn=self.application.outputs["FunctionArn"],
            Topic=self.topic,
            Reason=REASON,
        )
        stack.launch()
        return stack

    def mail(self) -> str:
        """The link in the next e-mail."""
        notification = self.aws.receive(self.mailbox)
        assert re.fullmatch(r"Launch product-\w+\?", notification["Subject"])
        [link] = re.findall(r"https://\S+/respond\?[^\s>]+", notification["Message"])
        return link

    def press(self, link: str, **fields: str):
        """Opens the page, reads it for a second, and presses a button."""
        html = {"Accept": "text/html"}
        page = self.gateway.request("GET", link, html)
        text = page.body.decode()
        assert page.status == 200 and "For the load test in &#60;week&#62; 48" in text, text
        nonce = re.search(r'name="nonce" value="([^"]+)"', text)[1]
        time.sleep(1.1)
        headers = html | {"Content-Type": "application/x-www-form-urlencoded"}
        return self.gateway.request("POST", link, headers, urlencode({"nonce": nonce, **fields}))


PRODUCTS = ["product-custom-resource", "product-wait-condition"]


@pytest.fixture(scope="module")
def catalog(aws, executable, tmp_path_factory):
    with Catalog(aws, executable, tmp_path_factory.mktemp("service-catalog")) as running:
        yield running


@pytest.mark.parametrize("product", PRODUCTS)
def test_approved_the_stack_goes_on(catalog, product):
    stack = catalog.launched(product)
    assert stack.status == "CREATE_IN_PROGRESS"
    link = catalog.mail()
    assert catalog.press(link, outcome="approve").status == 200
    stack.receive()
    assert (stack.status, stack.reason) == ("CREATE_COMPLETE", "")
    queue = stack.outputs["Queue"]
    if product == "product-custom-resource":
        assert queue and stack.attribute("Approval.approved") == "yes"
        [answer] = stack.requests
        assert answer.host == RESPONSE_HOST
        assert answer.json()["Reason"] == "Answered: approve"
    else:
        [made, signal] = stack.requests
        assert (made.host, signal.host) == (RESPONSE_HOST, WAIT_HOST)
        data = made.json()["Data"]
        assert set(data) == {"TransactionId", "Expiration"}, "no link that somebody could read"
        answer = json.loads(stack.attribute("WaitCondition.Data"))
        assert answer == {data["TransactionId"]: '{"approved":"yes"}'}
    stack.delete()


@pytest.mark.parametrize("product", PRODUCTS)
def test_rejected_it_rolls_back_with_the_reason(catalog, product):
    stack = catalog.launched(product)
    link = catalog.mail()
    assert catalog.press(link, outcome="reject").status == 400, "a reason is needed"
    stack.receive()
    assert stack.status == "CREATE_IN_PROGRESS"
    assert catalog.press(link, outcome="reject", **{"f.reason": "Not this week"}).status == 200
    stack.receive()
    assert (stack.status, stack.reason) == ("ROLLBACK_COMPLETE", "Not this week")
    assert stack.outputs == {}


@pytest.mark.parametrize("product", PRODUCTS)
def test_opening_the_link_answers_nothing(catalog, product):
    stack = catalog.launched(product)
    link = catalog.mail()
    for method in ("GET", "HEAD", "POST"):
        catalog.gateway.request(method, link, {"Accept": "text/html"})
    stack.receive()
    assert stack.status == "CREATE_IN_PROGRESS"
    assert catalog.press(link, outcome="approve").status == 200
    stack.receive()
    assert stack.status == "CREATE_COMPLETE"


def test_an_update_asks_again_and_a_refused_one_keeps_what_was(catalog):
    stack = catalog.launched("product-custom-resource")
    catalog.press(catalog.mail(), outcome="approve")
    stack.receive()
    stack.update(Reason=REASON)
    assert stack.status == "UPDATE_IN_PROGRESS", "nothing has changed, so nothing was sent"
    stack.status = "CREATE_COMPLETE"
    for answer, status in (({"outcome": "reject", "f.reason": "No"}, "UPDATE_ROLLBACK_COMPLETE"),):
        stack.update(Reason=REASON + " and 49")
        assert stack.status == "UPDATE_IN_PROGRESS"
        assert catalog.press(catalog.mail(), **answer).status == 200
        stack.receive()
        assert (stack.status, stack.reason) == (status, "No")
    # CloudFormation sends the former properties again; nobody is asked, or the mailbox would have another mail.
    stack.update(Reason=REASON)
    assert stack.status == "UPDATE_COMPLETE"
    messages = catalog.aws.sqs.receive_message(QueueUrl=catalog.mailbox, WaitTimeSeconds=1)
    assert "Messages" not in messages
    ids = {request.json()["PhysicalResourceId"] for request in stack.requests}
    assert len(ids) == 1, "another id would be a replacement"
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"


def test_a_resource_of_an_early_version_is_updated_and_rolled_back(catalog):
    """Its id has the beginning of the digest of its properties, as an early 2.0.0 wrote it: 64 bits."""
    stack = catalog.launched("product-custom-resource")
    catalog.press(catalog.mail(), outcome="approve")
    stack.receive()
    [(name, made)] = stack._physical.items()
    transaction, digest = made.split("-")
    assert len(digest) * 4 >= 128 and len(made) < 1_024
    stack._physical[name] = f"{transaction}-{digest[:16]}"

    def is_asked() -> bool:
        return "Messages" in catalog.aws.sqs.receive_message(QueueUrl=catalog.mailbox, WaitTimeSeconds=1)

    # Refused, and rolled back under the early id.
    stack.update(Reason=REASON + " and 49")
    catalog.press(catalog.mail(), **{"outcome": "reject", "f.reason": "No"})
    stack.receive()
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    stack.update(Reason=REASON)
    assert stack.status == "UPDATE_COMPLETE" and not is_asked()
    assert stack._physical[name] == f"{transaction}-{digest[:16]}", "another id would be a replacement"
    # Agreed to, and rolled back because of something else.
    stack.update(Reason=REASON + " and 50")
    catalog.press(catalog.mail(), outcome="approve")
    stack.receive()
    assert stack.status == "UPDATE_COMPLETE"
    _, now, before = stack._physical[name].split("-")
    assert before == digest and len(now) == len(digest) and now != digest
    stack.update(Reason=REASON)
    assert stack.status == "UPDATE_COMPLETE" and not is_asked()
    # What nobody agreed to is asked about.
    stack.update(Reason=REASON + " and 51")
    assert stack.status == "UPDATE_IN_PROGRESS" and is_asked()
    stack.status = "UPDATE_COMPLETE"
    stack.delete()


@pytest.mark.parametrize(
    ("product", "parameters", "reason"),
    [
        ("product-custom-resource", {"EnableCustomResources": "false"}, "TargetDisabled: "),
        ("product-wait-condition", {"EnableWaitConditions": "false"}, "TargetDisabled: "),
        ("product-custom-resource", {"EnablePostActions": "false"}, "PostActionsDisabled: "),
        ("product-wait-condition", {"DeliverTopicArns": ""}, "DeliveryDisabled: "),
    ],
)
def test_what_is_switched_off_fails_the_stack_at_once(aws, executable, tmp_path, product, parameters, reason):
    with Catalog(aws, executable, tmp_path, **parameters) as catalog:
        stack = catalog.launched(product)
        assert stack.status == "ROLLBACK_COMPLETE"
        assert stack.reason.startswith(reason), stack.reason


def test_an_answer_that_is_lost_is_sent_again(catalog):
    stack = catalog.launched("product-custom-resource")
    link = catalog.mail()
    catalog.receiver.replies = [Reply(500, b""), Reply()]
    assert catalog.press(link, outcome="approve").status == 200
    first, second = catalog.receiver.take()
    catalog.receiver.replies = [Reply()]
    assert first.body == second.body
    catalog.receiver._received = [second]
    stack.receive()
    assert stack.status == "CREATE_COMPLETE"


def test_an_answer_that_cloudformation_does_not_take_any_more_is_told_as_such(catalog):
    catalog.launched("product-wait-condition")
    link = catalog.mail()
    catalog.receiver.take()
    catalog.receiver.replies = [Reply(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")]
    answer = catalog.press(link, outcome="approve")
    catalog.receiver.replies = [Reply()]
    assert answer.status == 400 and "Already answered or closed" in answer.body.decode()
    catalog.receiver.take()


def test_the_launch_policy_grants_the_one_call(catalog, aws):
    policy = aws.iam.get_policy(PolicyArn=catalog.admin.outputs["Policy"])["Policy"]
    version = aws.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    statements = version["PolicyVersion"]["Document"]["Statement"]
    assert pairs(statements) == {("lambda:InvokeFunction", catalog._function)}

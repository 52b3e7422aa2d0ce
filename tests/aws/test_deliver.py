"""`deliver` with the real executable: what SNS, SES and EventBridge of moto have got, and what their refusals become."""

from __future__ import annotations

import email
import email.policy
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from moto.sns.models import SNSBackend

from moto_aws import ACCOUNT, REGION
from runtime_api import InvocationFailed
from stack import Stack

ASK = {"name": "approve", "type": "success", "output": {"approved": True}, "confirm": {"title": "Pay € 900?", "label": "Pay"}}
SENDER = "approvals@mail.example.com"


@dataclass
class Delivering:
    """A stack that may deliver to a topic, an identity and a bus of its own."""

    stack: Stack
    topic: str
    inbox: str
    other_topic: str
    bus: str
    events: str

    def invoke(self, token: str, deliver: Any, *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
        request = {"token": token, "actions": list(actions or [ASK]), "deliver": deliver, **fields}
        return self.stack.create.invoke(request)

    def failure(self, *args: Any, **fields: Any) -> tuple[str, str]:
        """Type and text of the error that the invocation fails with."""
        with pytest.raises(InvocationFailed) as raised:
            self.invoke(*args, **fields)
        return raised.value.error["errorType"], raised.value.error["errorMessage"]


@pytest.fixture
def delivering(aws, new_stack) -> Delivering:
    topic, inbox = aws.topic()
    other, _ = aws.topic()
    aws.ses.create_email_identity(EmailIdentity="mail.example.com")
    aws.mails()
    name = f"b-{uuid.uuid4().hex}"
    bus = aws.eventbridge.create_event_bus(Name=name)["EventBusArn"]
    events = aws.queue()
    attributes = aws.sqs.get_queue_attributes(QueueUrl=events, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["sfn-callback-urls"]})
    aws.eventbridge.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
    aws.eventbridge.put_targets(Rule=name, EventBusName=name, Targets=[target])
    stack = new_stack(
        DELIVER_TOPIC_ARNS=f"{topic},{other}",
        DELIVER_IDENTITY_ARNS=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/mail.example.com",
        DELIVER_EVENT_BUS_ARNS=bus,
        BRAND_NAME="Example & Co",
        ENABLE_CODEPIPELINE_APPROVALS="true",
    )
    return Delivering(stack, topic, inbox, other, bus, events)


def links(text: str) -> list[str]:
    return re.findall(r"https://[^\s<>\"]+/respond\?[^\s<>\"]+", text)


def test_a_topic_gets_a_text_whose_link_asks_first(aws, wait, delivering) -> None:
    waiting = wait()
    answer = delivering.invoke(waiting.token, {"sns": {"topic_arn": delivering.topic}})
    message = aws.receive(delivering.inbox)
    assert answer["delivered"] == [{"channel": "sns", "messages": 1, "ids": [message["MessageId"]]}]
    assert answer["links"] == 1 and "urls" not in answer
    assert links(json.dumps(answer)) == [], "the answer of a state stays in its history"
    assert message["Subject"] == "Your decision is needed", "SNS takes no € in a subject"
    assert message["Message"].startswith("# Pay € 900?\n\n[Pay]\n<https://")
    [link] = links(message["Message"])
    page = delivering.stack.follow(link, headers={"Accept": "text/html"})
    assert page.status == 200 and "Pay € 900?" in page.body.decode()
    assert aws.stepfunctions.describe_execution(executionArn=waiting.execution.arn)["status"] == "RUNNING"
    done = delivering.stack.follow(link, "POST", {"Content-Type": "application/json", "Accept": "application/json"}, "{}")
    assert done.status == 200
    assert waiting.result().output == {"approved": True}


def test_the_answer_has_the_urls_if_they_are_asked_for(wait, delivering) -> None:
    answer = delivering.invoke(wait().token, [{"sns": {"topic_arn": delivering.topic}}], return_urls=True)
    assert set(answer["urls"]) == {"approve"} and "links" not in answer


def test_everybody_gets_a_mail_of_their_own(aws, wait, delivering) -> None:
    waiting = wait()
    answer = delivering.invoke(
        waiting.token,
        {"ses": {"from": f"Zahlungen für Ärzte <{SENDER}>", "reply_to": "desk@example.com"}},
        recipients=[{"id": "ann@example.com"}, {"id": "Bo", "email": "Bo B. <bo@example.com>"}],
        include_callback=True,
        locale="de",
    )
    mails = aws.mails()
    [told] = answer["delivered"]
    # They are sent at the same time, so that any of them may arrive first.
    assert sorted(told.pop("ids")) == sorted(mail.id for mail in mails)
    assert told == {"channel": "ses", "messages": 2}
    parsed = {}
    for mail in mails:
        message = email.message_from_string(mail.raw_data, policy=email.policy.default)
        assert not message.defects and mail.source == SENDER
        assert all(len(line) <= 78 for line in mail.raw_data.splitlines())
        [to] = message["To"].addresses
        parsed[to.addr_spec] = message
    assert sorted(parsed) == ["ann@example.com", "bo@example.com"]
    urls = set()
    for message in parsed.values():
        [sender] = message["From"].addresses
        assert (sender.display_name, sender.addr_spec) == ("Zahlungen für Ärzte", SENDER)
        assert (message["Subject"], message["Reply-To"]) == ("Pay € 900?", "desk@example.com")
        assert message.get_content_type() == "multipart/alternative" and message["Date"].datetime
        text, html = message.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert text["Content-Transfer-Encoding"] == html["Content-Transfer-Encoding"] == "quoted-printable"
        [link] = links(text.get_content())
        assert f'href="{link.replace("&", "&#38;")}"' in html.get_content()
        assert "Das Öffnen eines Links sendet noch nichts" in text.get_content()
        assert '<html lang="de">' in html.get_content() and "Example &#38; Co" in html.get_content()
        urls.add(link)
    assert len(urls) == 2
    [link] = links(parsed["bo@example.com"].get_body(("plain",)).get_content())
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    assert delivering.stack.follow(link, "POST", headers, "{}").status == 200
    assert waiting.result().output["_callback"]["recipient"] == "Bo"


def test_generated_secrets_are_told_and_delivered_links_are_not(aws, wait, delivering) -> None:
    hook = {"name": "hook", "type": "post", "outcomes": [{"name": "any", "schema": {}, "type": "heartbeat"}]}
    hook["verify"] = {"scheme": "standard-webhooks", "secret": "generate"}
    answer = delivering.invoke(
        wait().token,
        {"sns": {"topic_arn": delivering.topic}},
        ASK,
        hook,
        recipients=[{"id": "ann@example.com"}, {"id": "Bo"}],
    )
    assert links(json.dumps(answer)) == [] and answer["links"] == 4
    assert [set(told) for told in answer["recipients"]] == [{"id", "secrets"}] * 2
    assert [told["id"] for told in answer["recipients"]] == ["ann@example.com", "Bo"]
    assert all(set(told["secrets"]) == {"hook"} for told in answer["recipients"])
    assert len({told["secrets"]["hook"] for told in answer["recipients"]}) == 2


def test_without_recipients_each_address_gets_the_same_links(aws, wait, delivering) -> None:
    to = ["ann@example.com", "Bo <bo@example.com>"]
    delivering.invoke(wait().token, {"ses": {"from": SENDER, "to": to, "subject": "Own: ü"}})
    mails = [email.message_from_string(mail.raw_data, policy=email.policy.default) for mail in aws.mails()]
    assert sorted(mail["To"] for mail in mails) == ["Bo <bo@example.com>", "ann@example.com"]
    assert {mail["Subject"] for mail in mails} == {"Own: ü"}
    assert len({link for mail in mails for link in links(mail.get_body(("plain",)).get_content())}) == 1


def test_a_bus_gets_an_event_with_all_links(aws, wait, delivering) -> None:
    beat = {"name": "beat", "type": "heartbeat"}
    answer = delivering.invoke(wait().token, {"eventbridge": {"event_bus_arn": delivering.bus}}, ASK, beat)
    event = aws.receive(delivering.events)
    assert answer["delivered"] == [{"channel": "eventbridge", "messages": 1, "ids": [event["id"]]}]
    assert (event["source"], event["detail-type"]) == ("sfn-callback-urls", "callback.created")
    assert event["detail"]["transaction_id"] == answer["transaction_id"]
    assert list(event["detail"]["urls"]) == ["approve", "beat"]


def test_a_hundred_recipients_are_told_within_the_functions_time(aws, wait, delivering) -> None:
    recipients = [{"id": f"p{number}@example.com"} for number in range(100)]
    answer = delivering.invoke(wait().token, {"ses": {"from": SENDER}}, recipients=recipients)
    assert answer["delivered"][0]["messages"] == 100 and answer["links"] == 100
    told = [destination for mail in aws.mails() for destination in set(mail.destinations)]
    assert sorted(told) == sorted(recipient["id"] for recipient in recipients)


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"actions": [{"name": "a", "type": "heartbeat"}]}, "UnsafeDelivery", "actions[0]: acts when its link is opened"),
        ({"deliver": {"sns": {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:x"}}}, "DeliveryDisabled", "deliver.sns.topic_arn: "),
        ({"deliver": {"ses": {"from": "a@example.com", "to": ["b@example.com"]}}}, "DeliveryDisabled", "deliver.ses.from: "),
        ({"deliver": {"sns": {}}}, "InvalidJSON", "deliver.sns: missing field `topic_arn`"),
        ({"deliver": []}, "InvalidJSON", "deliver: must hold 1 to 10 channels"),
        ({"token": ""}, "InvalidJSON", "token: "),
        ({"nonsense": 1}, "InvalidJSON", "nonsense"),
        ({"expiration": "2020-01-01"}, "InvalidDate", "expiration: is in the past"),
        ({"actions": [ASK | {"output": "x" * 9_000}]}, "UrlTooLong", "actions[0]: the URL would have"),
    ],
)
def test_a_request_that_is_refused_fails_its_invocation_and_sends_nothing(aws, delivering, change, code, text) -> None:
    request = {"token": "a-token", "actions": [ASK], "deliver": {"sns": {"topic_arn": delivering.topic}}} | change
    with pytest.raises(InvocationFailed) as raised:
        delivering.stack.create.invoke(request)
    assert raised.value.error["errorType"] == code
    assert raised.value.error["errorMessage"].startswith(text), raised.value.error
    assert [call for call in delivering.stack.create_calls() if "Generate" not in call.operation] == []
    # Over HTTP there is a status, and nothing is raised.
    answer = delivering.stack.post(request)
    assert answer.status == 400 and answer.json()["error"] == code


def test_refusals_are_raised_only_for_those_who_ask(delivering) -> None:
    request = {"token": "a-token", "actions": []}
    create = delivering.stack.create
    assert create.invoke(request)["error"] == "InvalidJSON"
    assert create.invoke(request | {"raise_errors": False})["error"] == "InvalidJSON"
    assert create.invoke(request | {"raise_errors": "true"})["error"] == "InvalidJSON"
    for payload in (request | {"raise_errors": True}, request | {"raise_errors": True, "x": [[[]]]}):
        with pytest.raises(InvocationFailed) as raised:
            create.invoke(payload)
        assert raised.value.error["errorType"] == "InvalidJSON"


def test_the_message_says_what_was_sent_before(aws, wait, delivering) -> None:
    aws.sns.delete_topic(TopicArn=delivering.other_topic)
    deliver = [{"sns": {"topic_arn": delivering.topic}}, {"sns": {"topic_arn": delivering.other_topic}}]
    code, text = delivering.failure(wait().token, deliver)
    assert code == "DeliveryFailed"
    assert text == "deliver[1].sns: the message was not sent (NotFound); sent before: 1 message by sns"
    assert aws.receive(delivering.inbox)
    code, text = delivering.failure(wait().token, deliver[1])
    assert text == "deliver.sns: the message was not sent (NotFound); nothing else was sent"


def test_what_is_optional_becomes_a_warning_and_comes_last(aws, wait, delivering) -> None:
    aws.sns.delete_topic(TopicArn=delivering.other_topic)
    lost = {"sns": {"topic_arn": delivering.other_topic}}
    good = {"sns": {"topic_arn": delivering.topic}}
    answer = delivering.invoke(wait().token, [lost | {"optional": True}, good])
    assert [it["messages"] for it in answer["delivered"]] == [1] and aws.receive(delivering.inbox)
    [warning] = answer["warnings"]
    assert warning == "deliver[0].sns: the message was not sent (NotFound)"
    # What the request insists on fails first, so nobody is told in vain.
    code, text = delivering.failure(wait().token, [good | {"optional": True}, lost])
    assert text.endswith("nothing else was sent")


def test_optional_channels_that_all_fail_are_a_failure_unless_the_answer_has_the_links(aws, wait, delivering) -> None:
    aws.sns.delete_topic(TopicArn=delivering.other_topic)
    lost = {"sns": {"topic_arn": delivering.other_topic}, "optional": True}
    code, text = delivering.failure(wait().token, [lost])
    assert code == "DeliveryFailed"
    assert text == (
        "deliver: the answer has no links, and no message was sent for certain; "
        "deliver[0].sns: the message was not sent (NotFound)"
    )
    answer = delivering.invoke(wait().token, [lost], return_urls=True)
    assert set(answer["urls"]) == {"approve"} and "delivered" not in answer
    assert answer["warnings"] == ["deliver[0].sns: the message was not sent (NotFound)"]


def approval(*topics: str) -> dict[str, Any]:
    """What SNS invokes the function with when a pipeline asks."""
    custom = {"deliver": [{"sns": {"topic_arn": topic}} for topic in topics]}
    asked = {"pipelineName": "shop", "stageName": "Release", "actionName": "Approve", "customData": json.dumps(custom)}
    asked["token"] = "6c7d1a9e-5b2f-4f0e-9f5b-0c2f5a1b7d11"
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps({"approval": asked})}}]}


def test_an_event_fails_and_is_repeated_only_while_nobody_was_told(aws, delivering) -> None:
    create = delivering.stack.create
    assert create.invoke(approval(delivering.topic))["status"] == "WAITING"
    assert aws.receive(delivering.inbox)
    aws.sns.delete_topic(TopicArn=delivering.other_topic)
    with pytest.raises(InvocationFailed) as raised:
        create.invoke(approval(delivering.other_topic, delivering.topic))
    assert raised.value.error["errorType"] == "DeliveryFailed"
    # Here somebody has the link: if Lambda repeated this, they would get two more.
    answer = create.invoke(approval(delivering.topic, delivering.other_topic))
    assert set(answer) == {"status", "transaction_id"} and answer["status"] == "FAILED"
    assert aws.receive(delivering.inbox)


def test_an_unverified_sender_is_told_as_ses_tells_it(aws, wait, delivering) -> None:
    aws.ses.delete_email_identity(EmailIdentity="mail.example.com")
    code, text = delivering.failure(wait().token, {"ses": {"from": SENDER, "to": ["a@example.com"]}})
    assert (code, text) == (
        "DeliveryFailed",
        "deliver.ses: the message was not sent (MessageRejected); nothing else was sent",
    )
    assert aws.mails() == []


def test_an_entry_that_fails_is_a_failure(wait, delivering, monkeypatch) -> None:
    from moto.events.models import EventsBackend

    failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}
    monkeypatch.setattr(EventsBackend, "put_events", lambda *_: [failed])
    code, text = delivering.failure(wait().token, {"eventbridge": {"event_bus_arn": delivering.bus}})
    assert (code, "InternalFailure" in text) == ("DeliveryFailed", True)


def test_throttling_is_waited_for_and_anything_unclear_is_not_repeated(wait, delivering, monkeypatch, aws) -> None:
    from moto.sns.exceptions import SNSException

    class Throttled(SNSException):
        code = 400

        def __init__(self) -> None:
            super().__init__("Throttled", "Rate exceeded")

    class Broken(SNSException):
        code = 500

        def __init__(self) -> None:
            super().__init__("InternalError", "no")

    publish, raised = SNSBackend.publish, []

    def failing(*args: Any, **kwargs: Any) -> Any:
        if raised:
            raise raised.pop()()
        return publish(*args, **kwargs)

    monkeypatch.setattr(SNSBackend, "publish", failing)
    deliver = {"sns": {"topic_arn": delivering.topic}}
    raised[:] = [Throttled]
    delivering.stack.create_calls()
    delivering.invoke(wait().token, deliver)
    assert aws.receive(delivering.inbox)
    assert [call.operation for call in delivering.stack.create_calls()].count("sns.Publish") == 2
    raised[:] = [Throttled] * 3
    assert delivering.failure(wait().token, deliver)[1].startswith("deliver.sns: the message was not sent (Throttled)")
    raised[:] = [Broken]
    delivering.stack.create_calls()
    text = delivering.failure(wait().token, deliver)[1]
    assert text.startswith("deliver.sns: the message may have been sent or not (InternalError)"), text
    assert [call.operation for call in delivering.stack.create_calls()].count("sns.Publish") == 1


def test_the_log_counts_messages_and_holds_no_link(wait, delivering) -> None:
    answer = delivering.invoke(wait().token, {"sns": {"topic_arn": delivering.topic}}, return_urls=True)
    log = delivering.stack.create.log()
    line = json.loads(log.splitlines()[-1])
    assert (line["outcome"], line["links"], line["messages"]) == ("created", 1, 1)
    assert [call["operation"] for call in line["calls"]][-1] == "Publish"
    assert answer["urls"]["approve"].split("data=")[1] not in log and delivering.topic not in log

"""`deliver` to Slack, Teams and webhooks: the real executable against a receiver of HTTPS on this machine, with secrets in
moto's Secrets Manager and Parameter Store."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jsonschema
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from receiver import Received, Receiver, Reply
from runtime_api import InvocationFailed
from stack import Stack
from test_deliver import ASK

SLACK = "https://hooks.slack.com/services/T0/B0/canary-secret"
TEAMS_HOST = "prod-01.westeurope.logic.azure.com"
TEAMS = f"https://{TEAMS_HOST}:443/workflows/w/triggers/manual/paths/invoke?sig=canary-secret"
TOKEN = "xoxb-canary-secret"
KEY = "whsec_" + base64.b64encode(b"canary-secret-of-24-bytes!").decode()
HOOK = "https://hooks.example.com/in?a=1"


@dataclass
class Chats:
    stack: Stack
    receiver: Receiver
    aws: Any
    secret: str
    parameter: str

    def hold(self, text: str) -> None:
        """What the secret holds from now on."""
        self.aws.secrets.put_secret_value(SecretId=self.secret, SecretString=text)

    def reference(self, **more: str) -> dict[str, str]:
        return {"secretsmanager": self.secret, **more}

    def invoke(self, deliver: Any, *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
        request = {"token": "a-token", "actions": list(actions or [ASK]), "deliver": deliver, **fields}
        return self.stack.create.invoke(request)

    def failure(self, deliver: Any) -> str:
        with pytest.raises(InvocationFailed) as raised:
            self.invoke(deliver)
        assert raised.value.error["errorType"] == "DeliveryFailed"
        text = raised.value.error["errorMessage"]
        ending = "; nothing was sent for certain" if "may have been sent" in text else "; nothing else was sent"
        return text.removesuffix(ending)

    def one(self) -> Received:
        [received] = self.receiver.take()
        return received

    def slack(self) -> dict[str, Any]:
        return {"slack": {"webhook": self.reference()}}

    def bot(self) -> dict[str, Any]:
        return {"slack": {"bot_token": self.reference(), "channel": "C0123"}}

    def teams(self) -> dict[str, Any]:
        return {"teams": {"workflow_url": self.reference()}}

    def webhook(self) -> dict[str, Any]:
        return {"webhook": {"url": HOOK, "secret": self.reference()}}


@pytest.fixture
def chats(aws, new_stack, tmp_path):
    hosts = ("hooks.slack.com", "slack.com", TEAMS_HOST, "hooks.example.com")
    with Receiver(tmp_path, *hosts) as receiver:
        name = uuid.uuid4().hex
        secret = aws.secrets.create_secret(Name=f"chat/{name}", SecretString=SLACK)["ARN"]
        aws.parameters.put_parameter(Name=f"/chat/{name}", Value=SLACK, Type="SecureString")
        stack = new_stack(
            DELIVER_SECRET_ARNS=secret,
            DELIVER_PARAMETER_ARNS=f"arn:aws:ssm:eu-west-1:123456789012:parameter/chat/{name}",
            DELIVER_HOSTS="hooks.example.com",
            **receiver.settings(),
        )
        yield Chats(stack, receiver, aws, secret, f"/chat/{name}")
        log = stack.create.log()
        assert "canary" not in log and KEY not in log and "data=3-" not in log


def test_an_incoming_webhook_gets_a_message_with_a_link_button(chats) -> None:
    answer = chats.invoke(chats.slack(), return_urls=True)
    assert answer["delivered"] == [{"channel": "slack", "messages": 1}]
    received = chats.one()
    assert (received.host, received.path) == ("hooks.slack.com", "/services/T0/B0/canary-secret")
    assert received.headers["content-type"] == "application/json; charset=utf-8"
    message = received.json()
    [button] = [it for block in message["blocks"] for it in block.get("elements", []) if it["type"] == "button"]
    assert button["url"] == answer["urls"]["approve"] and message["unfurl_links"] is False


def test_a_secret_may_lie_in_three_ways(chats) -> None:
    name = chats.secret.split(":secret:")[1][:-7]
    chats.invoke({"slack": {"webhook": {"secretsmanager": name}}})
    chats.invoke({"slack": {"webhook": {"ssm": chats.parameter}}})
    chats.hold(json.dumps({"url": SLACK, "other": 5}))
    chats.invoke({"slack": {"webhook": chats.reference(key="url")}})
    assert {received.path for received in chats.receiver.take()} == {"/services/T0/B0/canary-secret"}
    for key, what in [("other", "the `key` of the secret is no string"), ("x", "the secret has no such `key`")]:
        deliver = {"slack": {"webhook": chats.reference(key=key)}}
        assert chats.failure(deliver) == f"deliver.slack: the message was not sent ({what})"
    assert chats.receiver.take() == []


def test_a_secret_is_read_once_and_again_when_it_is_refused(chats) -> None:
    for _ in range(3):
        chats.invoke(chats.slack())
    reads = [call for call in chats.stack.create_calls() if call.operation == "secretsmanager.GetSecretValue"]
    assert len(reads) == 1 and len(chats.receiver.take()) == 3
    # Revoked: the new one is read, and the message is sent with it.
    chats.hold(SLACK + "-2")
    chats.receiver.replies = [Reply(404, b"no_service"), Reply()]
    chats.invoke(chats.slack())
    assert [received.path[-2:] for received in chats.receiver.take()] == ["et", "-2"]
    # Revoked and not replaced: nothing is tried twice.
    chats.receiver.replies = [Reply(404, b"no_service")]
    assert chats.failure(chats.slack()) == "deliver.slack: the message was not sent (404 no_service)"
    assert len(chats.receiver.take()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://hooks.slack.com.evil.example/x",
        "http://hooks.slack.com/x",
        "https://user@hooks.slack.com/x",
        "https://hooks.slack.com:8443/x",
        "https://hooks.example.com/x",
        "https://127.0.0.1/x",
        "canary",
    ],
)
def test_a_secret_that_is_no_address_of_slack_is_not_used(chats, text) -> None:
    chats.hold(text)
    what = "the secret is no address at https://hooks.slack.com/"
    assert chats.failure(chats.slack()) == f"deliver.slack: the message was not sent ({what})"
    assert chats.receiver.take() == []


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(400, b"invalid_payload"), "was not sent (400 invalid_payload)"),
        (Reply(403, b"action_prohibited"), "was not sent (403 action_prohibited)"),
        (Reply(410, b"channel_is_archived"), "was not sent (410 channel_is_archived)"),
        (Reply(400, b"<b>canary</b>"), "was not sent (400)"),
        (Reply(302, b"", {"Location": "https://hooks.example.com/"}), "was not sent (302, a redirect; none is followed)"),
        (Reply(307, b"", {"Location": "http://169.254.169.254/"}), "was not sent (307, a redirect; none is followed)"),
        (Reply(429, b"", {"Retry-After": "4"}), "was not sent (429)"),
        (Reply(429, b"", {"Retry-After": "60"}), "was not sent (429)"),
        (Reply(500, b"rollup_error"), "may have been sent or not (500 rollup_error)"),
        (Reply(200, b"<html>a portal</html>"), "may have been sent or not (an answer that is not Slack's)"),
        (Reply(200, b"x" * 1_000_000), "may have been sent or not (an answer that is not Slack's)"),
    ],
)
def test_what_slack_answers_is_said_and_nothing_is_sent_twice(chats, reply, text) -> None:
    chats.receiver.replies = [reply]
    assert chats.failure(chats.slack()) == f"deliver.slack: the message {text}"
    assert len(chats.receiver.take()) == 1


def test_a_short_pause_is_granted(chats) -> None:
    chats.receiver.replies = [Reply(429, b"", {"Retry-After": "3"}), Reply()]
    started = time.monotonic()
    chats.invoke(chats.slack())
    assert time.monotonic() - started >= 3 and len(chats.receiver.take()) == 2


def test_a_slow_receiver_does_not_hang_the_function(chats) -> None:
    chats.receiver.replies = [Reply(delay=6)]
    started = time.monotonic()
    assert chats.failure(chats.slack()) == "deliver.slack: the message may have been sent or not (timeout)"
    assert time.monotonic() - started < 5


def test_of_an_answer_16_kib_are_read(chats) -> None:
    chats.hold(TOKEN)
    said = b'{"ok":true}'
    chats.receiver.replies = [Reply(body=said.rjust(16 * 1024))]
    chats.invoke(chats.bot())
    for length in (16 * 1024 + 1, 1_000_000):
        chats.receiver.replies = [Reply(body=said.rjust(length))]
        text = "the message may have been sent or not (an answer that is not Slack's)"
        assert chats.failure(chats.bot()) == f"deliver.slack: {text}"


def test_a_bot_is_believed_only_if_it_says_ok(chats) -> None:
    chats.hold(TOKEN)
    chats.receiver.replies = [Reply(body=b'{"ok":true,"channel":"C0123","ts":"1790000000.000100"}')]
    answer = chats.invoke(chats.bot())
    assert answer["delivered"] == [{"channel": "slack", "messages": 1, "ids": ["1790000000.000100"]}]
    received = chats.one()
    assert (received.host, received.path) == ("slack.com", "/api/chat.postMessage")
    assert received.headers["authorization"] == f"Bearer {TOKEN}" and received.json()["channel"] == "C0123"
    for body, text in [
        (b'{"ok":false,"error":"channel_not_found"}', "was not sent (channel_not_found)"),
        (b'{"ok":false,"error":"invalid_auth"}', "was not sent (invalid_auth)"),
        (b'{"ok":false}', "was not sent (Slack says no)"),
        (b'{"ok":false,"error":"<canary>"}', "was not sent (Slack says no)"),
        (b'{"ok":false,"error":"internal_error"}', "may have been sent or not (internal_error)"),
        (b"ok", "may have been sent or not (an answer that is not Slack's)"),
        (b"", "may have been sent or not (an answer that is not Slack's)"),
    ]:
        chats.receiver.replies = [Reply(body=body)]
        assert chats.failure(chats.bot()) == f"deliver.slack: the message {text}"
        assert len(chats.receiver.take()) == 1, body


def test_a_workflow_of_teams_gets_a_valid_card(chats) -> None:
    chats.hold(TEAMS)
    chats.receiver.replies = [Reply(202, b"")]
    page = {"title": "# Pay?", "text": "a **b**\n[c](https://evil.example)", "facts": [["Amount", 900], ["Empty", ""]]}
    form = {"name": "decide", "type": "form", "outcomes": [{"name": "yes", "type": "success", "output": 1}]} | page
    actions = [ASK, form, {"name": "no", "type": "failure", "confirm": {"style": "danger", **page}}]
    answer = chats.invoke(chats.teams(), *actions, return_urls=True)
    received = chats.one()
    assert (received.host, received.path) == (TEAMS_HOST, "/workflows/w/triggers/manual/paths/invoke?sig=canary-secret")
    assert len(received.body) <= 28 * 1_024
    message = received.json()
    assert message["type"] == "message"
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    check_card(attachment["content"])
    buttons = [action for part in attachment["content"]["body"] for action in part.get("actions", [])]
    assert [button["url"] for button in buttons] == list(answer["urls"].values())


def check_card(card: dict[str, Any]) -> None:
    """Against the schema that Microsoft publishes, of the version that the card says."""
    schema = json.loads((resources.files("adaptivecard") / "schemas" / "schema.json").read_text())
    # The package lets its own objects stand for elements; here there are none.
    types = jsonschema.Draft6Validator.TYPE_CHECKER.redefine_many(
        dict.fromkeys(("Element", *schema["definitions"]), lambda *_: False)
    )
    jsonschema.validators.extend(jsonschema.Draft6Validator, type_checker=types)(schema).validate(card)

    def elements(node: Any) -> Any:
        if isinstance(node, dict):
            yield node
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
            yield from elements(child)

    for element in elements(card):
        if "type" in element:
            definition = schema["definitions"][element["type"]]
            versions = [definition.get("version", "1.0")]
            alternatives = [definition, *definition.get("anyOf", []), *definition.get("allOf", [])]
            known = {name: it for part in alternatives for name, it in part.get("properties", {}).items()}
            versions += [known[name].get("version", "1.0") for name in element if name in known]
            assert all(tuple(map(int, version.split("."))) <= (1, 4) for version in versions), element


def test_the_check_of_cards_finds_faults(chats) -> None:
    card = {"type": "AdaptiveCard", "version": "1.4", "body": []}
    check_card(card)
    for body in (
        [{"type": "TextBlock"}],
        [{"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "x"}]}],
        [{"type": "Nonsense"}],
        [{"type": "TextBlock", "text": "x", "size": "huge"}],
    ):
        with pytest.raises((jsonschema.ValidationError, KeyError)):
            check_card(card | {"body": body})


@pytest.mark.parametrize(
    ("text", "reply", "expected"),
    [
        (TEAMS, Reply(404, b"WorkflowTriggerIsNotEnabled"), "was not sent (404)"),
        (TEAMS, Reply(301, b"", {"Location": "https://evil.example"}), "was not sent (301, a redirect; none is followed)"),
        (TEAMS, Reply(502, b""), "may have been sent or not (502)"),
        ("https://logic.azure.com.evil.example/", Reply(202), "was not sent (the secret is no address of a workflow of Teams)"),
        ("https://evillogic.azure.com/", Reply(202), "was not sent (the secret is no address of a workflow of Teams)"),
    ],
)
def test_what_teams_answers_is_said(chats, text, reply, expected) -> None:
    chats.hold(text)
    chats.receiver.replies = [reply]
    assert chats.failure(chats.teams()) == f"deliver.teams: the message {expected}"


def test_a_webhook_is_signed_as_the_standards_own_library_checks(chats) -> None:
    chats.hold(KEY)
    chats.receiver.replies = [Reply(204, b"")]
    answer = chats.invoke(chats.webhook(), return_urls=True, expires_in="P1D")
    received = chats.one()
    assert (received.host, received.path) == ("hooks.example.com", "/in?a=1")
    message = Webhook(KEY).verify(received.body, dict(received.headers))
    assert message["type"] == "callback.created" and message["data"]["urls"] == answer["urls"]
    assert answer["delivered"][0]["ids"] == [received.headers["webhook-id"]]
    assert message["data"]["transaction_id"] == answer["transaction_id"] and "expiration" in message["data"]
    for change in ({"webhook-id": "x"}, {"webhook-timestamp": str(int(time.time()) - 5)}, {"webhook-signature": "v1,AAAA"}):
        with pytest.raises(WebhookVerificationError):
            Webhook(KEY).verify(received.body, dict(received.headers) | change)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(received.body + b" ", dict(received.headers))


def test_a_webhook_may_be_repeated_because_its_receiver_can_tell(chats) -> None:
    chats.hold(KEY)
    chats.receiver.replies = [Reply(500, b""), Reply(200, b"")]
    chats.invoke(chats.webhook())
    first, second = chats.receiver.take()
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    chats.receiver.replies = [Reply(500, b"")]
    assert chats.failure(chats.webhook()) == "deliver.webhook: the message may have been sent or not (500)"
    assert len(chats.receiver.take()) == 3
    chats.receiver.replies = [Reply(500, b""), Reply(400, b"")]
    assert chats.failure(chats.webhook()) == "deliver.webhook: the message may have been sent or not (400)"


@pytest.mark.parametrize("text", ["canary", "whsec_", "whsec_AAAA", "whsec_!" + "A" * 40])
def test_a_webhook_without_a_secret_of_the_standard_is_not_sent(chats, text) -> None:
    chats.hold(text)
    assert "the secret must be whsec_" in chats.failure(chats.webhook())
    assert chats.receiver.take() == []


def test_a_secret_that_cannot_be_read_is_said(chats) -> None:
    chats.aws.secrets.delete_secret(SecretId=chats.secret, ForceDeleteWithoutRecovery=True)
    text = chats.failure(chats.slack())
    assert text == "deliver.slack: the message was not sent (Secrets Manager: ResourceNotFoundException)"
    chats.aws.parameters.delete_parameter(Name=chats.parameter)
    text = chats.failure({"slack": {"webhook": {"ssm": chats.parameter}}})
    assert text == "deliver.slack: the message was not sent (Systems Manager: ParameterNotFound)"


def test_private_addresses_and_strange_certificates_are_refused(aws, new_stack, tmp_path) -> None:
    name = uuid.uuid4().hex
    secret = aws.secrets.create_secret(Name=name, SecretString=KEY)["ARN"]
    deliver = {"webhook": {"url": "https://hooks.example.com/", "secret": {"secretsmanager": secret}}}
    with Receiver(tmp_path, "other.example.com") as receiver:
        settings = {"DELIVER_SECRET_ARNS": secret, "DELIVER_HOSTS": "hooks.example.com"}
        foreign = new_stack(**settings, **receiver.settings())
        request = {"token": "t", "actions": [ASK], "deliver": deliver}
        with pytest.raises(InvocationFailed, match="was not sent"):
            foreign.create.invoke(request)
        assert receiver.take() == []
        # A name that leads to this machine.
        request["deliver"]["webhook"]["url"] = "https://localhost.localdomain/"
        settings["DELIVER_HOSTS"] = "localhost.localdomain"
        with pytest.raises(InvocationFailed, match="was not sent"):
            new_stack(**settings).create.invoke(request)


def test_the_second_of_two_channels_fails_and_the_first_is_told(chats) -> None:
    chats.receiver.replies = [Reply(), Reply(403, b"")]
    with pytest.raises(InvocationFailed) as raised:
        chats.invoke([chats.slack(), chats.slack() | {"optional": True}, chats.slack()])
    text = raised.value.error["errorMessage"]
    assert text == "deliver[2].slack: the message was not sent (403); sent before: 1 message by slack"

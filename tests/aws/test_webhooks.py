"""The senders' own libraries sign what the executable believes, and believe what it would sign.

Through every front door, since each of them passes bodies, headers and queries on in its own way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import jsonschema
import nacl.signing
import pytest
import standardwebhooks
import stripe
import svix
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

import events
import leaks
from checks import JSON, TRANSACTION, check_done, check_refused, check_untouched, closed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANY = [{"name": "any", "type": "success", "schema": {}, "output_body": True}]
EVENT = json.dumps({"id": "evt_1", "object": "event", "text": "é"}, ensure_ascii=False)
STANDARD_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SLACK, TWILIO = leaks.canary("slack"), leaks.canary("twilio")
Signed = Callable[[str, str], dict[str, str]]


def hook(verify: dict, **more) -> dict:
    return {"name": "hook", "type": "post", "outcomes": ANY, "verify": verify} | more


def standard(secret: str, body: str, family: str, library) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = library(secret).sign("msg_1", now, body)
    return {
        f"{family}-id": "msg_1",
        f"{family}-timestamp": str(int(now.timestamp())),
        f"{family}-signature": signature,
    }


def sign_stripe(secret: str, body: str) -> dict[str, str]:
    now = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{now}.{body}", secret)
    header = f"t={now},v1={'0' * 64},v1={signature}"
    # The library itself believes what we are about to send.
    assert stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300)
    return {"Stripe-Signature": header}


def sign_slack(secret: str, body: str) -> dict[str, str]:
    now = str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=now, body=body)
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature}


DISCORD = nacl.signing.SigningKey(bytes(range(32)))
SENDGRID = ec.generate_private_key(ec.SECP256R1())


def sign_discord(_secret: str, body: str) -> dict[str, str]:
    now = str(int(time.time()))
    signature = DISCORD.sign((now + body).encode()).signature.hex()
    return {"X-Signature-Timestamp": now, "X-Signature-Ed25519": signature}


def sign_sendgrid(_secret: str, body: str) -> dict[str, str]:
    now = str(int(time.time()))
    signature = base64.b64encode(SENDGRID.sign((now + body).encode(), ec.ECDSA(hashes.SHA256()))).decode()
    return {
        "X-Twilio-Email-Event-Webhook-Timestamp": now,
        "X-Twilio-Email-Event-Webhook-Signature": signature,
    }


def sign_github(secret: str, body: str) -> dict[str, str]:
    tag = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={tag}"}


def spki(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


SENDERS: dict[str, tuple[str, str, Signed]] = {
    "standardwebhooks": (
        "standard-webhooks",
        STANDARD_SECRET,
        lambda secret, body: standard(secret, body, "webhook", standardwebhooks.Webhook),
    ),
    "svix": (
        "svix",
        STANDARD_SECRET,
        lambda secret, body: standard(secret, body, "svix", svix.Webhook),
    ),
    "stripe": ("stripe", "whsec_of_stripe", sign_stripe),
    "slack_sdk": ("slack", "8f742231b10e8888", sign_slack),
    "PyNaCl as Discord": ("discord", DISCORD.verify_key.encode().hex(), sign_discord),
    "cryptography as SendGrid": ("sendgrid", spki(SENDGRID), sign_sendgrid),
    "hmac as GitHub": ("github", "It's a Secret to Everybody", sign_github),
}


@pytest.mark.parametrize("door", events.DOORS)
@pytest.mark.parametrize("sender", SENDERS)
def test_what_the_senders_library_signs_is_believed(stack, wait, sender, door):
    scheme, secret, sign = SENDERS[sender]
    waiting = wait()
    url = stack.urls(waiting.token, hook({"scheme": scheme, "secret": secret}))["hook"]
    signed = sign(secret, EVENT)
    changed = EVENT.replace("evt_1", "evt_2")
    wrong = [(JSON | signed, changed), (JSON, EVENT)]
    if scheme not in ("discord", "sendgrid"):  # whose libraries here have one key pair, and no other
        wrong.append((JSON | sign(other(scheme), EVENT), EVENT))
    for headers, body in wrong:
        check_refused(stack.follow(url, "POST", headers, body, events.DOORS[door]), 401, "InvalidSignature")
    check_untouched(stack, waiting.execution)
    check_done(stack.follow(url, "POST", JSON | signed, EVENT, events.DOORS[door]), "hook", "post")
    assert waiting.result().output == json.loads(EVENT)
    again = stack.follow(url, "POST", JSON | signed, EVENT, events.DOORS[door])
    assert again.status == 200
    done = closed(
        transaction_id=TRANSACTION,
        action=closed(name={"const": "hook"}, type={"const": "post"}),
        already_completed={"const": True},
    )
    jsonschema.validate(again.json(), done)


def other(scheme: str) -> str:
    """A secret that the link does not have."""
    if scheme in ("standard-webhooks", "svix"):
        return "whsec_" + base64.b64encode(bytes(32)).decode()
    return "other"


@pytest.mark.parametrize("door", events.DOORS)
def test_twilio_signs_the_address_that_it_was_given(stack, wait, door):
    waiting = wait()
    url = stack.urls(waiting.token, hook({"scheme": "twilio", "secret": TWILIO}))["hook"]
    fields = {"To": "+18005551212", "From": "+12349013030", "Digits": "1234", "Body": "yes é"}
    signature = RequestValidator(TWILIO).compute_signature(url, fields)
    follow = lambda body, signature: stack.follow(  # noqa: E731
        url, "POST", FORM | {"X-Twilio-Signature": signature}, body, events.DOORS[door]
    )
    check_refused(follow(urlencode(fields | {"Digits": "1235"}), signature), 401, "InvalidSignature")
    elsewhere = RequestValidator(TWILIO).compute_signature(url.replace("https://", "https://x"), fields)
    check_refused(follow(urlencode(fields), elsewhere), 401, "InvalidSignature")
    check_untouched(stack, waiting.execution)
    answer = follow(urlencode(fields), signature)
    assert (answer.status, answer.text()) == (200, "<Response/>")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert waiting.result().output == fields


@pytest.mark.parametrize("door", events.DOORS)
def test_twilio_signs_a_json_body_by_its_digest(stack, wait, door):
    waiting = wait()
    url = stack.urls(waiting.token, hook({"scheme": "twilio", "secret": TWILIO}))["hook"]
    called = f"{url}&bodySHA256={hashlib.sha256(EVENT.encode()).hexdigest()}"
    signature = RequestValidator(TWILIO).compute_signature(called, {})
    headers = JSON | {"X-Twilio-Signature": signature}
    changed = EVENT.replace("evt_1", "evt_2")
    check_refused(stack.follow(called, "POST", headers, changed, events.DOORS[door]), 401, "InvalidSignature")
    assert stack.follow(called, "POST", headers, EVENT, events.DOORS[door]).status == 200
    assert waiting.result().output == json.loads(EVENT)


def test_a_generated_secret_works_in_the_senders_library(stack, wait):
    waiting = wait()
    verify = {"scheme": "standard-webhooks", "secret": "generate"}
    answer = stack.create.invoke({"token": waiting.token, "actions": [hook(verify)]})
    secret = answer["secrets"]["hook"]
    headers = standard(secret, EVENT, "webhook", standardwebhooks.Webhook)
    # The library believes it, and so does the link, which no instance has seen before.
    assert standardwebhooks.Webhook(secret).verify(EVENT, headers) == json.loads(EVENT)
    check_done(stack.follow(answer["urls"]["hook"], "POST", JSON | headers, EVENT), "hook", "post")
    assert waiting.result().output == json.loads(EVENT)


@pytest.mark.parametrize("door", events.DOORS)
def test_slacks_button_is_a_form_with_json_in_it(stack, wait, door):
    waiting = wait()
    verify = {"scheme": "slack", "secret": SLACK}
    url = stack.urls(waiting.token, hook(verify, unwrap="payload"))["hook"]
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"value": "approve"}]}
    body = urlencode({"payload": json.dumps(pressed)})
    headers = FORM | sign_slack(SLACK, body)
    assert stack.follow(url, "POST", headers, body, events.DOORS[door]).status == 200
    assert waiting.result().output == pressed


@pytest.mark.parametrize("door", events.DOORS)
def test_a_binary_body_arrives_through_every_door(stack, wait, door):
    waiting = wait()
    action = {"name": "hook", "type": "post", "outcomes": ANY, "accept_raw": True}
    url = stack.urls(waiting.token, action)["hook"]
    body = bytes(range(256))
    answer = stack.follow(url, "POST", {"Content-Type": "application/octet-stream"}, body, events.DOORS[door])
    check_done(answer, "hook", "post")
    assert base64.b64decode(waiting.result().output) == body


def test_a_sender_of_cloudevents_gets_permission(stack):
    action = {"name": "hook", "type": "post", "outcomes": ANY, "cloudevents": True}
    url = stack.urls("a-token-that-nobody-waits-for", action)["hook"]
    asks = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    for door in events.DOORS.values():
        answer = stack.follow(url, "OPTIONS", asks, None, door)
        assert answer.status == 200
        assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
        assert answer.headers["webhook-allowed-rate"] == "*"
        assert stack.follow(url, "OPTIONS", {}, None, door).status == 405

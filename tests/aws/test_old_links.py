"""Links that the old application made still act; what is not exactly such a link does not."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

import old_app
from checks import (
    APPROVE,
    BEAT,
    BODY_ACTION,
    DECRYPT,
    JSON,
    REJECT,
    REVIEW,
    SEND_FAILURE,
    SEND_HEARTBEAT,
    SEND_SUCCESS,
    STRAY,
    check_compact,
    check_done,
    check_refused,
    check_untouched,
    with_query,
)
from conftest import Waiting
from moto_aws import Result
from old_app import SIGNED, SUITES, Message
from stack import BASE_URL, Stack

EVERY_SUITE = pytest.mark.parametrize("suite", SUITES, ids=hex)
PADDED = pytest.mark.parametrize("padded", [True, False], ids=["padded", "unpadded"])
LATER = 4_102_444_800  # the first second of 2100


def padding(data: str, padded: bool) -> str:
    return data if padded else data.rstrip("=")


def kms_calls(stack) -> list[str]:
    return [call.operation for call in stack.process_calls() if call.operation.startswith("TrentService")]


def json_with_remainder(sealed: dict[str, Any], remainder: int) -> bytes:
    """The payload with blanks at its end, which JSON ignores, so that padding occurs as often as wanted."""
    plaintext = json.dumps(sealed).encode()
    return plaintext + b" " * ((remainder - len(plaintext)) % 3)


# --- encrypted links act ------------------------------------------------------------------------------------


@EVERY_SUITE
@PADDED
@pytest.mark.parametrize("remainder", [0, 1, 2])
def test_success(aws, stack, wait, suite, padded, remainder):
    """All three lengths modulo 3, so that no, one and two `=` occur."""
    waiting = wait()
    plaintext = json_with_remainder(old_app.payload(waiting.token, APPROVE), remainder)
    data = padding(old_app.text(old_app.encrypt(aws.key, plaintext, suite)), padded)
    check_done(stack.follow(old_app.link(data, "approve", "success")), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


@EVERY_SUITE
@PADDED
def test_failure(aws, stack, wait, suite, padded):
    waiting = wait()
    data = padding(old_app.encrypted(aws.key, old_app.payload(waiting.token, REJECT), suite), padded)
    check_done(stack.follow(old_app.link(data, "reject", "failure")), "reject", "failure")
    assert waiting.result() == Result("FAILED", None, "rejected", "Ben rejected it")


@EVERY_SUITE
@PADDED
def test_heartbeat(aws, stack, wait, suite, padded):
    waiting = wait(heartbeat_seconds=30)
    data = padding(old_app.encrypted(aws.key, old_app.payload(waiting.token, BEAT), suite), padded)
    for _ in range(2):
        check_done(stack.follow(old_app.link(data, "beat", "heartbeat")), "beat", "heartbeat")
    assert waiting.execution.status() == "RUNNING"
    data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE), suite)
    check_done(stack.follow(old_app.link(data)), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


@EVERY_SUITE
@PADDED
@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"state": "merged", "commits": [{"id": "a"}, {"id": "b"}]}, Result("SUCCEEDED", ["a", "b"])),
        ({"state": "broken", "why": "no disk"}, Result("FAILED", None, "broken", "no disk")),
    ],
    ids=["success", "failure"],
)
def test_post(aws, stack, wait, suite, padded, body, result):
    waiting = wait()
    data = padding(old_app.encrypted(aws.key, old_app.payload(waiting.token, REVIEW), suite), padded)
    answer = stack.follow_json(old_app.link(data, "review", "post"), body)
    assert answer.status == 200, answer.text()
    assert waiting.result() == result


@EVERY_SUITE
@PADDED
def test_exp_and_param(aws, stack, wait, suite, padded):
    waiting = wait()
    action = {
        "name": "greet",
        "type": "success",
        "output": {"$who": ["$$ $who", 1]},
        "response": {"text": "to ${who}"},
    }
    sealed = old_app.payload(waiting.token, action, exp=LATER, param=True)
    url = old_app.link(padding(old_app.encrypted(aws.key, sealed, suite), padded), "greet", "success")
    check_refused(stack.follow(url), 400, "OutputFormatting")
    check_untouched(stack, waiting.execution)
    answer = stack.follow(with_query(url, who="Änn"), headers={"Accept": "text/plain"})
    assert (answer.status, answer.text()) == (200, "to Änn")
    assert waiting.result() == Result("SUCCEEDED", {"Änn": ["$ Änn", 1]})


@EVERY_SUITE
def test_the_data_key_is_asked_for_as_the_sdk_bound_it(aws, new_stack, suite):
    """Decrypt is pinned to our key, under exactly the context in the message."""
    stack = new_stack()
    data = old_app.encrypted(aws.key, old_app.payload(STRAY, APPROVE), suite)
    stack.follow(old_app.link(data))
    [call] = [call for call in stack.process_calls() if call.operation == DECRYPT]
    assert call.parameters["KeyId"] == aws.key
    assert set(call.parameters.get("EncryptionContext") or {}) == (
        {"aws-crypto-public-key"} if suite in SIGNED else set()
    )


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param(lambda token: old_app.payload(token, APPROVE, iss=False), id="no issuer"),
        pytest.param(
            lambda token: {**old_app.payload(token, APPROVE), "new": {"a": [1]}}, id="an unknown key"
        ),
        pytest.param(
            lambda token: old_app.payload(token, {**APPROVE, "casue": "typo"}),
            id="an unknown key in the action",
        ),
        pytest.param(lambda token: old_app.payload(token, APPROVE, exp=LATER), id="not yet expired"),
    ],
)
def test_payloads_that_the_application_wrote_too(aws, stack, wait, sealed):
    waiting = wait()
    data = old_app.encrypted(aws.key, sealed(waiting.token), 0x0578)
    check_done(stack.follow(old_app.link(data, "approve", "success")), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


def test_a_link_of_the_key_before_still_opens(aws, new_stack, wait):
    waiting = wait()
    stack = new_stack(DECRYPT_KEY_IDS=f"{aws.other_key}")
    data = old_app.encrypted(aws.other_key, old_app.payload(waiting.token, APPROVE))
    check_done(stack.follow(old_app.link(data)), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


# --- encrypted links that are refused -----------------------------------------------------------------------


@EVERY_SUITE
def test_another_key_is_refused_before_kms_is_asked(aws, stack, wait, suite):
    waiting = wait()
    data = old_app.encrypted(aws.other_key, old_app.payload(waiting.token, APPROVE), suite)
    check_refused(stack.follow(old_app.link(data, "approve", "success")), 400, "InvalidPayload")
    assert stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"


@EVERY_SUITE
def test_another_key_under_our_name_is_refused(aws, new_stack, wait, suite):
    """The message says our key; the wrapped data key is another's. KMS, pinned to ours, refuses."""
    stack = new_stack()
    waiting = wait()
    sealed = json.dumps(old_app.payload(waiting.token, APPROVE)).encode()
    message = Message.parse(old_app.encrypt(aws.other_key, sealed, suite))
    forged = old_app.text(message.replaced("key ARN", aws.key.encode()))
    check_refused(stack.follow(old_app.link(forged)), 400, "InvalidPayload")
    check_untouched(stack, waiting.execution)


@EVERY_SUITE
def test_a_foreign_encryption_context_is_refused_before_kms_is_asked(aws, stack, wait, suite):
    waiting = wait()
    data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE), suite, {"tenant": "x"})
    check_refused(stack.follow(old_app.link(data, "approve", "success")), 400, "InvalidPayload")
    assert stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"


@EVERY_SUITE
def test_expired(aws, stack, wait, suite):
    waiting = wait()
    for exp in (0, int(time.time()) - 1, int(time.time())):
        data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE, exp=exp), suite)
        check_refused(stack.follow(old_app.link(data, "approve", "success")), 400, "ExpiredPayload")
    check_untouched(stack, waiting.execution)


@EVERY_SUITE
@pytest.mark.parametrize(("name", "kind"), [("reject", "success"), ("approve", "failure"), ("reject", None)])
def test_action_mismatched(aws, stack, wait, suite, name, kind):
    waiting = wait()
    data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE), suite)
    check_refused(stack.follow(old_app.link(data, name, kind)), 400, "ActionMismatched")
    check_untouched(stack, waiting.execution)


@EVERY_SUITE
def test_old_links_can_be_switched_off(aws, new_stack, wait, suite):
    stack = new_stack(ACCEPT_LEGACY_URLS="false")
    waiting = wait()
    data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE), suite)
    check_refused(stack.follow(old_app.link(data, "approve", "success")), 400, "InvalidPayload")
    assert stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"
    url = stack.urls(waiting.token, APPROVE)["approve"]
    check_done(stack.follow(url), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


def test_every_field_is_guarded(aws, new_stack):
    """One bit changed in each field of a message, for each suite.

    A fresh stack for each suite: KMS's refusals of damaged data keys use up what a stack is ready to ask."""
    for suite in SUITES:
        stack = new_stack()
        sealed = json.dumps(old_app.payload(STRAY, APPROVE)).encode()
        message = Message.parse(old_app.encrypt(aws.key, sealed, suite))
        messages = set()
        for field in message.fields:
            answer = stack.follow(old_app.link(old_app.text(message.flipped(field))))
            assert (answer.status, answer.json().get("error")) == (400, "InvalidPayload"), (
                hex(suite),
                field,
                answer.text(),
            )
            messages.add(answer.json()["message"])
        check_untouched(stack)
        assert len(messages) == 1, "the public text must not tell which check failed"
        # The undamaged message gets as far as Step Functions.
        check_refused(stack.follow(old_app.link(old_app.text(message.raw))), 400, "StepFunctionsError")


@EVERY_SUITE
def test_every_truncation_is_refused(aws, new_stack, suite):
    stack = new_stack()
    sealed = json.dumps(old_app.payload(STRAY, APPROVE)).encode()
    message = Message.parse(old_app.encrypt(aws.key, sealed, suite))
    ends = {end + shift for _, end in message.fields.values() for shift in (-1, 0)} - {len(message.raw)}
    for end in sorted(ends | {0}):
        answer = stack.follow(old_app.link(old_app.text(message.raw[:end])))
        assert (answer.status, answer.json().get("error")) == (400, "InvalidPayload"), (end, answer.text())
    for more in (b"\0", b"\0" * 16, message.raw):
        check_refused(stack.follow(old_app.link(old_app.text(message.raw + more))), 400, "InvalidPayload")
    check_untouched(stack)


@EVERY_SUITE
def test_a_link_cut_by_a_mail_program_is_refused(aws, stack, suite):
    data = old_app.encrypted(aws.key, old_app.payload(STRAY, APPROVE), suite).rstrip("=")
    for length in (*range(0, len(data), 97), len(data) - 4, len(data) - 1):
        check_refused(stack.follow(old_app.link(data[:length])), 400, "InvalidPayload")
    check_untouched(stack)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.replace("2-", "4-", 1), id="unknown format"),
        pytest.param(lambda data: data.replace("2-", "", 1), id="no format"),
        pytest.param(lambda data: data.replace("2-", "22-", 1), id="two digits"),
        pytest.param(lambda data: data.replace("2-", "3-", 1).rstrip("="), id="called 3-"),
        pytest.param(lambda data: data[:50] + "*" + data[51:], id="not base64url"),
        pytest.param(lambda data: data[:50] + "%" + data[51:], id="a percent sign"),
        pytest.param(lambda data: data[:50] + "=" + data[50:], id="padding inside"),
        pytest.param(lambda data: data.rstrip("=") + "===", id="too much padding"),
        pytest.param(lambda data: data + "A" * (10_241 - len(data)), id="over 10,240 characters"),
        pytest.param(lambda data: "é" + data, id="not ASCII"),
        pytest.param(lambda data: "", id="empty"),
        pytest.param(lambda data: "2-", id="nothing sealed"),
    ],
)
def test_texts_that_are_no_payload(aws, stack, change):
    data = old_app.encrypted(aws.key, old_app.payload(STRAY, APPROVE))
    check_refused(stack.follow(old_app.link(change(data))), 400, "InvalidPayload")
    assert stack.process_calls() == []


def test_two_payloads_in_one_link_are_refused(aws, stack):
    data = old_app.encrypted(aws.key, old_app.payload(STRAY, APPROVE))
    url = f"{BASE_URL}/respond?" + urlencode([("data", data), ("data", data)])
    check_refused(stack.follow(url), 400, "InvalidPayload")
    check_untouched(stack)


BROKEN_PAYLOADS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="broken JSON"),
    pytest.param(b"\xff\xfe", id="not UTF-8"),
    pytest.param(b"[]", id="an array"),
    pytest.param(b"null", id="null"),
    pytest.param(json.dumps({"iat": 1, "tid": "0" * 32, "action": APPROVE}).encode(), id="no token"),
    pytest.param(json.dumps({"token": STRAY, "iat": 1, "tid": "0" * 32}).encode(), id="no action"),
    pytest.param(
        json.dumps({"token": 5, "iat": 1, "tid": "0" * 32, "action": APPROVE}).encode(),
        id="token is a number",
    ),
    pytest.param(
        json.dumps(
            {"token": STRAY, "iat": 1, "tid": "0" * 32, "action": {"name": "a", "type": "sing"}}
        ).encode(),
        id="unknown type",
    ),
    pytest.param(
        json.dumps(
            {"token": STRAY, "iat": 1, "tid": "0" * 32, "action": {"name": "a", "type": "post"}}
        ).encode(),
        id="post without outcomes",
    ),
    pytest.param(
        json.dumps({"token": STRAY, "iat": 1, "tid": "0" * 32, "exp": "soon", "action": APPROVE}).encode(),
        id="exp is text",
    ),
    pytest.param(
        json.dumps(
            {"token": STRAY, "iat": 1, "tid": "0" * 32, "action": {**APPROVE, "output": float("nan")}}
        ).encode(),
        id="NaN",
    ),
    pytest.param(
        json.dumps(
            {"token": STRAY, "iat": 1, "tid": "0" * 32, "action": {**APPROVE, "output": float("inf")}}
        ).encode(),
        id="Infinity",
    ),
    pytest.param(
        json.dumps(
            {
                "token": STRAY,
                "iat": 1,
                "tid": "0" * 32,
                "action": {**APPROVE, "response": {"redirect": "javascript:alert(1)"}},
            }
        ).encode(),
        id="redirect to a script",
    ),
]


@pytest.mark.parametrize("plaintext", BROKEN_PAYLOADS)
def test_sealed_but_no_payload(aws, stack, plaintext):
    data = old_app.text(old_app.encrypt(aws.key, plaintext, 0x0578))
    check_refused(stack.follow(old_app.link(data)), 400, "InvalidPayload")
    check_untouched(stack)


# --- plain links --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_stack(aws, executable, tmp_path_factory):
    """A stack without a key."""
    with Stack(aws, executable, tmp_path_factory.mktemp("open"), KEY_ID=None) as running:
        yield running


@PADDED
@pytest.mark.parametrize(
    ("action", "result"),
    [
        (APPROVE, Result("SUCCEEDED", {"approved": True})),
        (REJECT, Result("FAILED", None, "rejected", "Ben rejected it")),
        (BODY_ACTION, Result("SUCCEEDED", {"posted": 1})),
    ],
    ids=["success", "failure", "post"],
)
@pytest.mark.parametrize("exp", [None, LATER], ids=["no exp", "exp"])
def test_plain_links_act_while_encryption_is_off(open_stack, wait, padded, action, result, exp):
    waiting: Waiting = wait()
    data = padding(old_app.plain(old_app.payload(waiting.token, action, exp=exp)), padded)
    url = old_app.link(data, action["name"], action["type"])
    answer = (
        open_stack.follow_json(url, {"posted": 1}) if action["type"] == "post" else open_stack.follow(url)
    )
    check_done(answer, action["name"], action["type"])
    assert waiting.result() == result
    assert kms_calls(open_stack) == []


def test_a_plain_link_expires(open_stack, wait):
    waiting = wait()
    data = old_app.plain(old_app.payload(waiting.token, APPROVE, exp=int(time.time())))
    check_refused(open_stack.follow(old_app.link(data)), 400, "ExpiredPayload")
    check_untouched(open_stack, waiting.execution)


@pytest.mark.parametrize("plaintext", BROKEN_PAYLOADS)
def test_plain_but_no_payload(open_stack, plaintext):
    data = old_app.text(plaintext).replace("2-", "1-", 1)
    check_refused(open_stack.follow(old_app.link(data)), 400, "InvalidPayload")
    check_untouched(open_stack)


@PADDED
def test_a_plain_link_never_acts_on_a_stack_with_a_key(stack, wait, padded):
    waiting = wait()
    data = padding(old_app.plain(old_app.payload(waiting.token, APPROVE)), padded)
    check_refused(stack.follow(old_app.link(data, "approve", "success")), 400, "EncryptionRequired")
    check_refused(stack.follow(old_app.link(data), "POST", JSON, "{}"), 400, "EncryptionRequired")
    assert stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"


@EVERY_SUITE
def test_an_old_encrypted_link_needs_a_key(aws, open_stack, wait, suite):
    waiting = wait()
    data = old_app.encrypted(aws.key, old_app.payload(waiting.token, APPROVE), suite)
    check_refused(open_stack.follow(old_app.link(data, "approve", "success")), 400, "DecryptionUnsupported")
    assert open_stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"


def test_a_new_encrypted_link_needs_a_key(stack, open_stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    check_refused(open_stack.follow(url), 400, "DecryptionUnsupported")
    assert open_stack.process_calls() == []
    assert waiting.execution.status() == "RUNNING"


# --- many ---------------------------------------------------------------------------------------------------


def test_a_thousand_links_of_all_kinds(aws, new_stack):
    """Every link leads to exactly one call of Step Functions, with exactly its own token and its own values.

    The tokens belong to nobody, so that Step Functions answers InvalidToken: the link was carried out."""
    stack = new_stack()
    rng = random.Random(20260101)
    expected: Counter[str] = Counter()
    for number in range(1000):
        token = f"corpus-{number:04}-" + rng.randbytes(rng.randrange(4, 400)).hex()
        value = f'{number}-é-"{"x" * rng.randrange(0, 300)}'
        suite, (action, operation, parameters) = rng.choice(list(SUITES)), rng.choice(_kinds(value))
        param = action["type"] in ("success", "failure") and rng.random() < 0.3
        exp = LATER if rng.random() < 0.3 else None
        sealed = old_app.payload(token, action, exp=exp, param=param, iss=rng.random() < 0.7)
        data = padding(old_app.encrypted(aws.key, sealed, suite), rng.random() < 0.5)
        url = old_app.link(data, *((action["name"], action["type"]) if rng.random() < 0.7 else ()))
        answer = stack.follow_json(url, {"v": value}) if action["type"] == "post" else stack.follow(url)
        message = check_refused(answer, 400, "StepFunctionsError")
        assert message.startswith("InvalidToken:")
        expected[_line(operation, {"taskToken": token, **parameters})] += 1
    sent = Counter(
        _line(call.operation, call.parameters)
        for call in stack.process_calls()
        if call.operation.startswith("AWSStepFunctions")
    )
    assert sent == expected


def _line(operation: str, parameters: dict[str, Any]) -> str:
    """A call as one comparable line; an output is compact JSON, and only its value counts."""
    if "output" in parameters:
        value = json.loads(parameters["output"])
        check_compact(parameters["output"], value)
        parameters = {**parameters, "output": value}
    return json.dumps([operation, parameters], sort_keys=True)


def _kinds(value: str) -> list[tuple[dict[str, Any], str, dict[str, str]]]:
    """Actions that carry `value`, and what Step Functions must be told."""
    compact = json.dumps(value, ensure_ascii=False)
    return [
        ({"name": "a", "type": "success", "output": value}, SEND_SUCCESS, {"output": compact}),
        (
            {"name": "b", "type": "success", "output": {"v": [value, 1]}},
            SEND_SUCCESS,
            {"output": f'{{"v":[{compact},1]}}'},
        ),
        (
            {"name": "c", "type": "failure", "error": "E", "cause": value},
            SEND_FAILURE,
            {"error": "E", "cause": value},
        ),
        ({"name": "d", "type": "failure"}, SEND_FAILURE, {}),
        ({"name": "e", "type": "heartbeat", "response": {"text": value}}, SEND_HEARTBEAT, {}),
        (
            {
                "name": "f",
                "type": "post",
                "outcomes": [{"name": "o", "type": "success", "schema": {}, "output_path": "v"}],
            },
            SEND_SUCCESS,
            {"output": f"[{compact}]"},
        ),
        (
            {
                "name": "g",
                "type": "post",
                "outcomes": [
                    {"name": "n", "type": "heartbeat", "schema": {"required": ["w"]}},
                    {
                        "name": "o",
                        "type": "failure",
                        "schema": {"required": ["v"]},
                        "error": "E",
                        "cause_path": "$.v",
                    },
                ],
            },
            SEND_FAILURE,
            {"error": "E", "cause": value},
        ),
    ]

"""The checks of `leaks.py` and `written.py` find what they shall find."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

import leaks
import written
from leaks import CREATED, NOWHERE, TEXT

TOKEN = "AQC" + "".join(chr(65 + number * 7 % 26) for number in range(600))
LINK = "A1_-" * 40
SIGNATURE = "0123456789abcdef" * 4
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
OLDER = "an-older-secret"
WORDS = "Please order twelve chairs for the office."


@pytest.fixture
def nothing_yet(monkeypatch):
    """As before the first event; what other tests have left is there again afterwards."""
    monkeypatch.setattr(leaks, "_secrets", {NOWHERE: set(), CREATED: set(), TEXT: set()})
    for name, empty in (("_outputs", {}), ("_answers", {}), ("_short", [])):
        monkeypatch.setattr(leaks, name, empty)


def door(status: int, body: Any, content_type: str = "application/json", **more: Any) -> bytes:
    text = body if isinstance(body, str) else json.dumps(body)
    return json.dumps({"statusCode": status, "headers": {"Content-Type": content_type}, "body": text, **more}).encode()


def noted(value: Any) -> dict[str, set[bytes]]:
    leaks.note(json.dumps(value).encode())
    return {kind: secrets for kind, secrets in leaks._secrets.items() if secrets}


HOOK = {"name": "hook", "type": "post", "verify": {"scheme": "standard-webhooks", "secret": [SECRET, OLDER]}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"token": TOKEN, "actions": []}, {NOWHERE: {TOKEN}}),
        ({"body": json.dumps({"token": TOKEN, "actions": []})}, {NOWHERE: {TOKEN}}),
        (
            {"isBase64Encoded": True, "body": base64.b64encode(json.dumps({"token": TOKEN}).encode()).decode()},
            {NOWHERE: {TOKEN}},
        ),
        ({"taskToken": "f" * 36}, {NOWHERE: {"f" * 36}}),
        ({"target": {"type": "codepipeline-approval", "token": "0a" * 16}}, {NOWHERE: {"0a" * 16}}),
        ({"target": {"callback_id": "c" * 80}}, {NOWHERE: {"c" * 80}}),
        ({"target": {"url": f"https://example.com/?X-Amz-Signature={SIGNATURE}"}}, {NOWHERE: {SIGNATURE}}),
        ({"ResponseURL": f"https://example.com/?a=b&X-Amz-Signature={SIGNATURE}"}, {NOWHERE: {SIGNATURE}}),
        ({"actions": [HOOK]}, {NOWHERE: {SECRET, OLDER}}),
        ({"actions": [HOOK | {"verify": {"secret": "generate"}}]}, {}),
        ({"SecretId": "a", "SecretString": json.dumps({"url": SECRET})}, {NOWHERE: {SECRET}}),
        ({"Name": "/a", "Type": "SecureString", "Value": SECRET}, {NOWHERE: {SECRET}}),
        ({"urls": {"a": f"https://example.com/respond?data=3-{LINK}"}}, {CREATED: {LINK}}),
        ({"recipients": [{"id": "Ann", "secrets": {"hook": SECRET}}]}, {CREATED: {SECRET}}),
        ({"actions": [{"name": "n" * 30, "output": {"text": WORDS}}]}, {TEXT: {WORDS}}),
        ({"cause": WORDS, "taskToken": TOKEN}, {NOWHERE: {TOKEN}}),
        ({"Type": "String", "Name": "/a", "Value": WORDS}, {}),
        ({"actions": [{"output": "approved"}], "token": "short"}, {}),
    ],
)
def test_what_is_secret_is_remembered(nothing_yet, value, expected):
    found = {kind: {secret for secret in secrets if b"%" not in secret} for kind, secrets in noted(value).items()}
    assert found == {kind: {secret.encode() for secret in secrets} for kind, secrets in expected.items()}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"comment": WORDS}),
        json.dumps(WORDS),
        urlencode({"comment": WORDS, "short": "approved"}),
        urlencode({"payload": json.dumps({"comment": [WORDS]})}),
    ],
)
@pytest.mark.parametrize("is_base64", [False, True])
def test_what_a_visitor_writes_is_remembered(nothing_yet, body, is_base64):
    sent = base64.b64encode(body.encode()).decode() if is_base64 else body
    leaks.note_visit(json.dumps({"body": sent, "isBase64Encoded": is_base64}).encode())
    leaks.keep("log", b"first\n" + WORDS[8:].encode())
    assert leaks.found() == [f"{TEXT} in 0 log, line 2"]


def test_keys_and_credentials_are_remembered_in_all_forms(nothing_yet):
    key = bytes(range(224, 256))
    leaks.note_key(base64.b64encode(key).decode())
    leaks.note_credentials({"AWS_SECRET_ACCESS_KEY": "secret/of+the=role", "AWS_REGION": "eu-west-1-but-longer"})
    leaks.note_secret('with "quotes" inside')
    forms = (
        base64.b64encode(key),
        base64.urlsafe_b64encode(key).rstrip(b"="),
        key.hex().encode(),
        b"secret/of+the=role",
        b"secret%2Fof%2Bthe%3Drole",
        rb"with \"quotes\" inside",
    )
    assert set(forms) <= leaks._secrets[NOWHERE] and b"eu-west-1-but-longer" not in leaks._secrets[NOWHERE]
    for form in forms:
        leaks.keep("log", b"first\nsecond " + form + b".")
    assert leaks.found() == [f"{NOWHERE} in {number} log, line 2" for number in range(len(forms))]


def test_a_piece_of_a_secret_is_found_wherever_it_was_cut(nothing_yet):
    leaks.note_secret(TOKEN)
    leaks.note_secret(OLDER)
    search = leaks.Search(NOWHERE)
    for text in (TOKEN, TOKEN[7:60], "x" + TOKEN[300:350] + "y", f"({OLDER})"):
        assert search.lines(b"first\n" + text.encode() + b"\nlast") == [2]
    assert search.lines(b"first\nlast " + b"A" * 100 + OLDER[:-1].encode()) == []


# What is in the answer; how it is answered; whether links are made there; whether that is right.
ANSWERS = [
    (LINK, lambda text: door(200, {"urls": {"a": f"https://x.example/?data=3-{text}"}}), True, True),
    (SECRET, lambda text: door(200, {"secrets": {"a": text}}), True, True),
    (SECRET, lambda text: json.dumps({"recipients": [{"secrets": {"a": text}}]}).encode(), True, True),
    (LINK, lambda text: door(400, {"error": "InvalidJSON", "message": f"data=3-{text}"}), True, False),
    (LINK, lambda text: json.dumps({"error": "InvalidJSON", "message": f"3-{text}"}).encode(), True, False),
    (LINK, lambda text: json.dumps({"errorType": "DeliveryFailed", "errorMessage": f"3-{text}"}).encode(), True, False),
    (LINK, lambda text: door(200, f"<a href='?data=3-{text}'>", "text/html"), False, False),
    (SECRET, lambda text: door(200, {"secret": text}), False, False),
    (TOKEN, lambda text: door(200, {"token": text}), True, False),
    (TOKEN, lambda text: door(200, {"token": text}), False, False),
    (TOKEN, lambda text: door(503, text, "text/html; charset=utf-8"), False, False),
    (TOKEN, lambda text: door(400, base64.b64encode(text.encode()).decode(), isBase64Encoded=True), False, False),
    (WORDS, lambda text: door(200, text, "text/html"), False, True),
    (WORDS, lambda text: door(400, text, "text/html; charset=utf-8"), False, True),
    (WORDS, lambda text: door(400, {"error": "InvalidPostActionBody", "message": text}), False, False),
    (WORDS, lambda text: door(400, {"error": "InvalidJSON", "message": text}), True, False),
    (WORDS, lambda text: door(400, text, "text/plain"), False, False),
]


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_each_kind_of_secret_has_its_answers(nothing_yet, number):
    secret, answer, makes_links, is_right = ANSWERS[number]
    kind = {TOKEN: NOWHERE, WORDS: TEXT}.get(secret, CREATED)
    leaks.answered("function", makes_links, b"{}", answer("nothing"))
    leaks.note_secret(secret, kind)
    assert leaks.found() == []
    leaks.answered("function", makes_links, b"{}", answer(secret))
    assert bool(leaks.found()) != is_right


def test_secrets_that_cannot_be_looked_for_are_told(nothing_yet):
    request = {"token": TOKEN, "actions": [HOOK, HOOK | {"verify": {"secret": "s3cret"}}, BARE]}
    leaks.answered("function", True, json.dumps(request).encode(), door(400, {"error": "InvalidJSON"}))
    assert leaks.short() == []
    for event in (request, {"body": json.dumps(request)}):
        leaks.answered("function", True, json.dumps(event).encode(), door(200, {"urls": {}}))
    assert leaks.short() == ["function: 6 characters"] * 2


def test_a_check_that_remembers_nothing_is_told(nothing_yet):
    assert not leaks.is_blind()
    leaks.answered("function", False, b"{}", door(200, {"action": {}}))
    assert not leaks.is_blind()
    leaks.keep("log", b"line")
    assert leaks.is_blind()
    leaks.note_credentials({"AWS_SECRET_ACCESS_KEY": "secret-of-the-role"})
    assert not leaks.is_blind()
    leaks.answered("function", True, b"{}", door(200, {"urls": {"a": "https://x.example/?data=9-another-format"}}))
    assert leaks.is_blind()
    leaks.answered("function", True, b"{}", door(200, {"urls": {"a": f"https://x.example/?data=3-{LINK}"}}))
    assert not leaks.is_blind()


BARE = {"name": "bare", "type": "heartbeat"}


def line(**changes: Any) -> bytes:
    """A line as the executable writes it; `None` leaves a field out."""
    directives = [
        {"Namespace": "sfn-callback-urls", "Dimensions": [["FunctionName"]], "Metrics": [{"Name": "Recorded", "Unit": "Count"}]},
        {
            "Namespace": "sfn-callback-urls",
            "Dimensions": [["FunctionName", "Code"]],
            "Metrics": [{"Name": "Refused", "Unit": "Count"}],
        },
    ]
    about = {"Timestamp": 1, "CloudWatchMetrics": directives}
    fields = {"level": "WARN", "FunctionName": "f", "Code": "InvalidPayload", "Recorded": 1, "Refused": 1, "_aws": about}
    return json.dumps({name: value for name, value in (fields | changes).items() if value is not None}).encode()


def changed(number: int, **changes: Any) -> bytes:
    """With another directive."""
    about = json.loads(line())["_aws"]
    about["CloudWatchMetrics"][number] |= changes
    return line(_aws=about, other="x", Other=1)


def test_the_metrics_are_those_of_the_documents():
    assert ("Refused", "Count", ("FunctionName", "Code")) in written.metrics() and len(written.metrics()) > 25
    assert {"InvalidPayload", "InvalidJSON", "TooManyRequests"} <= written.codes() and len(written.codes()) > 25
    assert written.faults({"0 f": line() + b"\n" + line(level=None)}) == []


@pytest.mark.parametrize(
    "text",
    [
        b"thread 'main' panicked",
        b"[]",
        b"{}",
        b"\xff",
        line(Code=TOKEN[:20]),
        line(FunctionName="g"),
        line(Recorded="1"),
        line(Recorded=[1, "2"]),
        line(Recorded=True),
        changed(0, Namespace="other"),
        changed(0, Metrics=[{"Name": "Other", "Unit": "Count"}]),
        changed(0, Metrics=[{"Name": "Recorded", "Unit": "Bytes"}]),
        changed(0, Dimensions=[["FunctionName"], ["FunctionName", "other"]]),
        changed(1, Dimensions=[["FunctionName", "other"]]),
    ],
)
def test_other_lines_and_metrics_are_found(text):
    found = written.faults({"0 f": line() + b"\n" + text})
    assert found and all(fault.startswith("0 f, line 2: ") for fault in found)
    assert TOKEN[:20] not in "".join(found)

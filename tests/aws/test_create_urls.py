"""CreateUrls alone: what it answers, and what it refuses."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

import events
from checks import (
    APPROVE,
    BEAT,
    GENERATE_KEY,
    JSON,
    REJECT,
    STRAY,
    TRANSACTION,
    check_refused,
    closed,
    created,
)
from runtime_api import FunctionDied
from stack import BASE_URL


def test_direct_answer_has_exactly_the_keys_of_v1(stack):
    answer = stack.create.invoke({"token": STRAY, "actions": [APPROVE, REJECT]})
    jsonschema.validate(answer, created(["approve", "reject"]))
    for name, kind in (("approve", "success"), ("reject", "failure")):
        url = urlsplit(answer["urls"][name])
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{BASE_URL}/respond"
        [*named, (last, data)] = parse_qsl(url.query)
        assert named == [("action", name), ("type", kind)]
        assert (last, data[:2]) == ("data", "3-")


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ("2099-12-24T18:00:00+01:00", "2099-12-24T18:00:00+01:00"),
        ("2099-12-24T18:00:00Z", "2099-12-24T18:00:00+00:00"),
        ("2099-12-24T18:00:00", "2099-12-24T18:00:00"),
        ("2099-12-24 18:00:00.250000-05:30", "2099-12-24T18:00:00.250000-05:30"),
        ("20991224T180000Z", "2099-12-24T18:00:00+00:00"),
        ("2099-12-24", "2099-12-24T00:00:00"),
    ],
)
def test_expiration_is_echoed(stack, given, echoed):
    answer = stack.create.invoke({"token": STRAY, "actions": [APPROVE], "expiration": given})
    jsonschema.validate(answer, created(["approve"], expiration={"const": echoed}))


def test_one_data_key_serves_all_links_of_a_request(aws, new_stack):
    stack = new_stack()
    stack.urls(STRAY, APPROVE, REJECT, BEAT)
    [call] = stack.create_calls()
    assert call.operation == GENERATE_KEY
    assert call.parameters["KeyId"] == aws.key
    assert call.parameters["EncryptionContext"] == {"app": "sfn-callback-urls", "fmt": "3", "aud": "tests"}
    assert (
        call.parameters.get("NumberOfBytes", 32) == 32
        and call.parameters.get("KeySpec", "AES_256") == "AES_256"
    )


@pytest.mark.parametrize(
    "base_url", ["https://links.example.org/answers", "https://links.example.org/answers/"]
)
def test_base_url_as_text(stack, base_url):
    url = stack.urls(STRAY, APPROVE, base_url=base_url)["approve"]
    assert url.startswith("https://links.example.org/answers/respond?action=approve&type=success&data=3-")


@pytest.mark.parametrize(
    ("base_url", "start"),
    [
        ({"api_id": "x9", "stage": "beta"}, "https://x9.execute-api.eu-west-1.amazonaws.com/beta/respond?"),
        (
            {"api_id": "x9", "stage": "beta", "region": "us-east-2"},
            "https://x9.execute-api.us-east-2.amazonaws.com/beta/respond?",
        ),
        (
            {"api_id": "x9", "stage": "beta", "region": "cn-north-1"},
            "https://x9.execute-api.cn-north-1.amazonaws.com.cn/beta/respond?",
        ),
    ],
)
def test_base_url_as_parts(stack, base_url, start):
    assert stack.urls(STRAY, APPROVE, base_url=base_url)["approve"].startswith(start)


def test_unknown_keys_of_an_action_are_ignored_and_named(stack):
    answer = stack.create.invoke({"token": STRAY, "actions": [{**REJECT, "casue": "typo"}]})
    jsonschema.validate(answer, created(["reject"], warnings={"type": "array", "minItems": 1, "maxItems": 1}))
    assert answer["warnings"] == ["actions[0].casue: unknown, ignored"]


POST_ANY = {
    "name": "hook",
    "type": "post",
    "outcomes": [{"name": "o", "type": "success", "schema": {}, "output": 1}],
}


def outcome(**changes: Any) -> dict[str, Any]:
    """The post action with its outcome changed; `...` leaves a field out."""
    changed = {**POST_ANY["outcomes"][0], **changes}
    return {**POST_ANY, "outcomes": [{key: value for key, value in changed.items() if value is not ...}]}


def asking(*actions: Any, **fields: Any) -> dict[str, Any]:
    return {"token": STRAY, "actions": list(actions), **fields}


# What is wrong: the request, the code, and what the message must name.
REFUSED_REQUESTS: dict[str, tuple[Any, str, str | None]] = {
    "no token": ({"actions": [APPROVE]}, "InvalidJSON", "token"),
    "token is a number": (asking(APPROVE, token=5), "InvalidJSON", "token"),
    "no actions": ({"token": STRAY}, "InvalidJSON", "actions"),
    "empty actions": (asking(), "InvalidJSON", "actions"),
    "unknown top-level key": (asking(APPROVE, tokn=1), "InvalidJSON", "tokn"),
    "no output": (asking({"name": "a", "type": "success"}), "InvalidJSON", "actions[0]"),
    "unknown type": (asking(APPROVE, {"name": "b", "type": "sucess"}), "InvalidJSON", "actions[1]"),
    "blank in name": (asking({**APPROVE, "name": "a b"}), "InvalidJSON", "actions[0].name"),
    "empty name": (asking({**APPROVE, "name": ""}), "InvalidJSON", "actions[0].name"),
    "redirect to a script": (
        asking({**APPROVE, "response": {"redirect": "javascript:alert(1)"}}),
        "InvalidJSON",
        "actions[0].response.redirect",
    ),
    "post without outcomes": (asking({"name": "p", "type": "post"}), "InvalidJSON", "actions[0]"),
    "no outcome": (asking({**POST_ANY, "outcomes": []}), "InvalidJSON", "actions[0].outcomes"),
    "two outputs": (asking(outcome(output_body=True)), "InvalidJSON", "actions[0].outcomes[0]"),
    "long error": (asking({**REJECT, "error": "x" * 257}), "InvalidJSON", "actions[0].error"),
    "base_url without TLS": (asking(APPROVE, base_url="http://links.example.org"), "InvalidJSON", "base_url"),
    "base_url with user info": (asking(APPROVE, base_url="https://u:p@a.example"), "InvalidJSON", "base_url"),
    "base_url with a query": (asking(APPROVE, base_url="https://a.example/?b=c"), "InvalidJSON", "base_url"),
    "an array": ([], "InvalidJSON", None),
    "a string": ("text", "InvalidJSON", None),
    "null": (None, "InvalidJSON", None),
    "duplicate name": (asking(APPROVE, APPROVE), "DuplicateActionName", None),
    "unreadable date": (asking(APPROVE, expiration="tomorrow"), "InvalidDate", None),
    "past": (asking(APPROVE, expiration="2001-01-01T00:00:00Z"), "InvalidDate", None),
    "past without a zone": (asking(APPROVE, expiration="2001-01-01T00:00:00"), "InvalidDate", None),
    "invalid schema": (asking(outcome(schema={"type": "sting"})), "InvalidPostActionOutcome", None),
    "unreadable path": (asking(outcome(output=..., output_path="$.[")), "InvalidJsonPath", None),
    "link too long": (asking({**APPROVE, "output": "x" * 9000}), "UrlTooLong", None),
}


@pytest.mark.parametrize(("request_", "code", "field"), REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS)
def test_refused_requests(stack, request_, code, field):
    """A direct invocation returns the error and does not raise it; the API answers 400 with the same body."""
    direct = stack.create.invoke(request_)
    check_create_error(direct, code, field)
    answer = stack.post(request_)
    assert answer.status == 400, answer.text()
    check_create_error(answer.json(), code, field)


def check_create_error(body: Any, code: str, field: str | None) -> None:
    keys = {"error": {"const": code}, "message": {"type": "string", "minLength": 1}}
    if code != "InvalidJSON":
        keys["transaction_id"] = TRANSACTION
    jsonschema.validate(body, closed(**keys))
    if field is not None:
        assert field in body["message"], body
    assert STRAY not in json.dumps(body)


@pytest.mark.parametrize("body", [None, "", "{", '{"token":', "[1,", b"\xff\xfe{}"])
def test_bodies_that_are_not_json(stack, body):
    event = events.rest_api("POST", f"{BASE_URL}/urls", JSON, body)
    check_refused(events.Answer.of(stack.create.invoke(event)), 400, "InvalidJSON")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_urls_allows_only_post(stack, method):
    answer = events.Answer.of(stack.create.invoke(events.rest_api(method, f"{BASE_URL}/urls", JSON)))
    assert (answer.status, answer.headers.get("allow")) == (405, "POST")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "jsonx/json", None]
)
def test_urls_wants_json(stack, content_type):
    headers = {} if content_type is None else {"Content-Type": content_type}
    event = events.rest_api(
        "POST", f"{BASE_URL}/urls", headers, json.dumps({"token": STRAY, "actions": [APPROVE]})
    )
    assert events.Answer.of(stack.create.invoke(event)).status == 415


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
def test_urls_knows_json(stack, content_type):
    headers = {"Content-Type": content_type}
    event = events.rest_api(
        "POST", f"{BASE_URL}/urls", headers, json.dumps({"token": STRAY, "actions": [APPROVE]})
    )
    answer = events.Answer.of(stack.create.invoke(event))
    assert answer.status == 200, answer.text()
    jsonschema.validate(answer.json(), created(["approve"]))


@pytest.mark.parametrize(
    ("setting", "request_", "code"),
    [
        ("ENABLE_POST_ACTIONS", {"actions": [POST_ANY]}, "PostActionsDisabled"),
        (
            "ENABLE_OUTPUT_PARAMETERS",
            {"actions": [APPROVE], "enable_output_parameters": True},
            "ParametersDisabled",
        ),
    ],
)
def test_features_that_are_off(new_stack, setting, request_, code):
    answer = new_stack(**{setting: "false"}).create.invoke({"token": STRAY, **request_})
    check_create_error(answer, code, None)


def test_parameters_are_no_matter_for_post_actions_alone(new_stack):
    stack = new_stack(ENABLE_OUTPUT_PARAMETERS="false")
    assert set(stack.urls(STRAY, POST_ANY, enable_output_parameters=True)) == {"hook"}


def test_no_data_key_no_links(aws, new_stack):
    missing = aws.key.rsplit("/", 1)[0] + "/00000000-0000-0000-0000-000000000000"
    stack = new_stack(KEY_ID=missing)
    check_create_error(stack.create.invoke({"token": STRAY, "actions": [APPROVE]}), "EncryptionFailed", None)
    answer = stack.post({"token": STRAY, "actions": [APPROVE]})
    check_refused(answer, 400, "EncryptionFailed")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("KEY_ID", "alias/mine"),
        ("ENABLE_POST_ACTIONS", "yes"),
        ("BASE_URL", "links.example.org"),
        ("AUDIENCE", "two words"),
        ("DECRYPT_KEY_IDS", "arn:aws:kms:nowhere"),
    ],
)
@pytest.mark.parametrize("role", ["create", "process"])
def test_a_wrong_setting_is_named(new_stack, role, setting, value):
    """Nothing is guessed: the function does not start, and its log says which variable is wrong."""
    stack = new_stack(**{setting: value})
    with pytest.raises(FunctionDied, match=setting) as died:
        getattr(stack, role).invoke({})
    assert "no answer within" not in str(died.value)

"""What several test modules check alike, and the actions they have in common."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jsonschema

import events

SEND_SUCCESS = "AWSStepFunctions.SendTaskSuccess"
SEND_FAILURE = "AWSStepFunctions.SendTaskFailure"
SEND_HEARTBEAT = "AWSStepFunctions.SendTaskHeartbeat"
GENERATE_KEY = "TrentService.GenerateDataKey"
DECRYPT = "TrentService.Decrypt"

JSON = {"Content-Type": "application/json"}
APPROVE = {"name": "approve", "type": "success", "output": {"approved": True}}
REJECT = {"name": "reject", "type": "failure", "error": "rejected", "cause": "Ben rejected it"}
BEAT = {"name": "beat", "type": "heartbeat"}
TRANSACTION = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
# A token that no state machine gave out.
STRAY = "a-token-that-nobody-waits-for"


def created(names: list[str], **more: Any) -> dict[str, Any]:
    """The schema of CreateUrls' answer: these keys and no other."""
    urls = {name: {"type": "string", "format": "uri"} for name in names}
    return closed(transaction_id=TRANSACTION, urls=closed(**urls), **more)


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def check_done(answer: events.Answer, name: str, kind: str) -> None:
    """The default answer of a callback that succeeded."""
    assert answer.status == 200, answer.text()
    expected = closed(transaction_id=TRANSACTION, action=closed(name={"const": name}, type={"const": kind}))
    jsonschema.validate(answer.json(), expected)


def check_refused(answer: events.Answer, status: int, code: str) -> str:
    """An error's status, code and shape; its message."""
    body = answer.json()
    assert (answer.status, body.get("error")) == (status, code), answer.text()
    assert isinstance(body["message"], str) and body["message"]
    return body["message"]


def check_untouched(stack, *executions) -> None:
    """Nothing was sent to Step Functions, and the executions still wait."""
    assert [call for call in stack.process_calls() if call.operation.startswith("AWSStepFunctions")] == []
    assert [execution.status() for execution in executions] == ["RUNNING"] * len(executions)


def check_compact(text: str, value: Any) -> None:
    """A JSON text without blanks between its parts, its letters beyond ASCII escaped or not."""
    escaped, plain = (json.dumps(value, separators=(",", ":"), ensure_ascii=ascii) for ascii in (True, False))
    assert text in (escaped, plain)


def with_query(url: str, **parameters: str) -> str:
    return f"{url}&{urlencode(parameters)}"


def changed_query(url: str, **changes: str | None) -> str:
    """The link with query parameters replaced, or left out by `None`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | changes
    return parts._replace(
        query=urlencode({name: value for name, value in query.items() if value is not None})
    ).geturl()


BODY_ACTION = {
    "name": "hook",
    "type": "post",
    "outcomes": [{"name": "any", "type": "success", "schema": {}, "output_body": True}],
}
REVIEW = {
    "name": "review",
    "type": "post",
    "outcomes": [
        {
            "name": "merged",
            "type": "success",
            "schema": {
                "properties": {
                    "state": {"const": "merged"},
                    "commits": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["state", "commits"],
            },
            "output_path": "$.commits[*].id",
            "response": {"json": {"thanks": "merged"}},
        },
        {
            "name": "fixed",
            "type": "success",
            "schema": {"properties": {"state": {"const": "skipped"}}, "required": ["state"]},
            "output": {"skipped": True},
        },
        {
            "name": "alive",
            "type": "heartbeat",
            "schema": {"properties": {"state": {"const": "pending"}}, "required": ["state"]},
        },
        {
            "name": "closed",
            "type": "failure",
            "schema": {"properties": {"state": {"const": "closed"}}, "required": ["state"]},
            "error_path": "$.error",
            "cause_path": "$.reasons[*]",
        },
        {
            "name": "broken",
            "type": "failure",
            "schema": {"properties": {"state": {"const": "broken"}}, "required": ["state"]},
            "error": "broken",
            "cause_path": "why",
        },
    ],
}

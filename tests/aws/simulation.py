"""What IAM would say of a call, given the statements of a role: as much of its language as our policies use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto_aws import ACCOUNT, REGION, Call

Statement = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What a call asks for. `resource` is `*` for actions that take none."""

    action: str
    resource: str
    context: dict[str, str | list[str]] = field(default_factory=dict)


# Service and operation as the protocol names them, to the action that IAM asks for.
_ACTIONS = {
    "TrentService": "kms",
    "AWSStepFunctions": "states",
}


# Calls that name what they concern: the action that IAM asks for, and where the resource stands.
_NAMED: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "sns.Publish": ("sns:Publish", lambda sent: sent["TopicArn"]),
    # The identity of the sender, and for raw mails the action of its own.
    "ses.SendEmail": (
        "ses:SendRawEmail",
        lambda sent: f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sent['FromEmailAddress'].split('@')[1]}",
    ),
    "AWSEvents.PutEvents": ("events:PutEvents", lambda sent: sent["Entries"][0]["EventBusName"]),
    "secretsmanager.GetSecretValue": ("secretsmanager:GetSecretValue", lambda sent: sent["SecretId"]),
    "AmazonSSM.GetParameter": (
        "ssm:GetParameter",
        # Ours are asked for by their ARN.
        lambda sent: sent["Name"],
    ),
}


def request(call: Call) -> Request:
    """What IAM is asked about a call that was made."""
    service, operation = call.operation.split(".")
    if call.operation in _NAMED:
        action, resource = _NAMED[call.operation]
        return Request(action, resource(call.parameters))
    action = f"{_ACTIONS[service]}:{operation}"
    if action.startswith("states:"):
        return Request(action, "*")
    if action == "kms:GenerateMac":
        return Request(action, call.parameters["KeyId"], {"kms:MacAlgorithm": call.parameters["MacAlgorithm"]})
    context = call.parameters.get("EncryptionContext", {})
    keys: dict[str, str | list[str]] = {
        f"kms:EncryptionContext:{name}": value for name, value in context.items()
    }
    return Request(action, call.parameters["KeyId"], keys | {"kms:EncryptionContextKeys": sorted(context)})


def rights(statements: list[Statement]) -> Iterator[tuple[int, str, str]]:
    """Each right on its own: number of its statement, action, resource."""
    for number, statement in enumerate(statements):
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                yield number, action, resource


def allowing(statements: list[Statement], asked: Request) -> set[tuple[int, str, str]]:
    """The rights that allow it; none if it is denied."""
    found = set()
    for number, statement in enumerate(statements):
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}, statement
        matching = {
            (number, action, resource)
            for action in _list(statement["Action"])
            for resource in _list(statement["Resource"])
            if _matches(action.lower(), asked.action.lower()) and _matches(resource, asked.resource)
        }
        if matching and all(_holds(*condition, asked) for condition in statement.get("Condition", {}).items()):
            if statement["Effect"] == "Deny":
                return set()
            found |= matching
    return found


def _holds(operator: str, keys: dict[str, Any], asked: Request) -> bool:
    match operator:
        case "StringEquals":
            # A key that the request does not have matches nothing.
            return all(asked.context.get(key) in _list(values) for key, values in keys.items())
        case "ForAllValues:StringEquals":
            # True for a key without values, too.
            return all(
                value in _list(values) for key, values in keys.items() for value in _list(asked.context.get(key, []))
            )
    raise AssertionError(f"condition {operator} is not known here")


def _matches(pattern: str, text: str) -> bool:
    regex = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(regex, text) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

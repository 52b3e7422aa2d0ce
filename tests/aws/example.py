"""An example of `examples/`, deployed as its reader would deploy it, beside a stack of the application."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployment import ROOT, Deployment
from events import Answer
from gateway import Gateway
from moto_aws import ACCOUNT, REGION, Aws, Call, Execution

EMAIL = "ann@example.com"


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str

    def links(self) -> list[str]:
        return re.findall(r"https://\S+/respond\?\S+", self.text)


class Example:
    """Context manager."""

    def __init__(
        self,
        aws: Aws,
        executable: Path,
        folder: Path,
        name: str,
        language: str,
        application: Deployment | None = None,
        **parameters: str,
    ):
        """`application` is the stack that the example refers to; without one it must bring its own."""
        self.aws = aws
        self.readme = (ROOT / "examples" / name / "README.md").read_text()
        self.application = application
        self.deployment = Deployment(
            aws, ROOT / "examples" / name / "template.yaml", QueryLanguage=language, **parameters
        )
        self._stacks = [self.deployment, *([application] if application else [])]
        self.gateway = Gateway(aws, executable, folder, *self._stacks)
        self._mailbox: str | None = None
        if topic := self.deployment.outputs.get("Topic"):
            self._mailbox = aws.queue()
            attributes = aws.sqs.get_queue_attributes(QueueUrl=self._mailbox, AttributeNames=["QueueArn"])
            aws.sns.subscribe(
                TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"]
            )

    def __enter__(self) -> Example:
        self.gateway.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.gateway.__exit__(*exception)

    def start(self, data: Any) -> Execution:
        return self.aws.start(self.deployment.outputs["StateMachine"], data)

    def mail(self) -> Mail:
        """The next e-mail."""
        notification = self.aws.receive(self._mailbox)
        return Mail(notification["Subject"], notification["Message"])

    def reports(self, operation: str = "AWSStepFunctions.") -> list[Call]:
        """What ProcessCallback has sent to Step Functions since the last time."""
        calls = self.gateway.calls_of(self.function("ProcessCallback"))
        return [call for call in calls if call.operation.startswith(operation)]

    def forget_calls(self) -> None:
        """A test that looks at calls must not see those of the test before it."""
        for stack in self._stacks:
            for name in stack.resources("AWS::Lambda::Function").values():
                self.gateway.calls_of(name)

    def function(self, logical_id: str) -> str:
        """The name of a function of the example, or of the application."""
        for stack in self._stacks:
            if (found := stack.resources("AWS::Lambda::Function").get(logical_id)):
                return found
        raise AssertionError(f"no function {logical_id}")

    def machine_rights(self) -> dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]]:
        """For each state machine what its definition needs and what its role grants, as (action, resource)."""
        rights = {}
        for logical_id, arn in self.deployment.resources("AWS::StepFunctions::StateMachine").items():
            machine = self.aws.stepfunctions.describe_state_machine(stateMachineArn=arn)
            needed = _needed(json.loads(machine["definition"]))
            rights[logical_id] = needed, pairs(self.deployment.granted(machine["roleArn"].rsplit("/", 1)[-1]))
        return rights

    def used(self, function: str) -> set[tuple[str, str]]:
        """The rights that a function has used since the last time, as (action, resource)."""
        calls = self.gateway.calls_of(self.function(function))
        return {_RIGHTS[call.operation](call.parameters) for call in calls}

    def granted(self, function: str) -> set[tuple[str, str]]:
        """The rights of a function's role but for those on its own log, as (action, resource)."""
        return {
            right
            for right in pairs(self.gateway.granted_to(self.function(function)))
            if not right[0].startswith("logs:")
        }


def pairs(statements: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Each action with each resource. Ours have no Deny and no NotAction."""
    found = set()
    for statement in statements:
        assert statement["Effect"] == "Allow", statement
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                found.add((action, resource))
    return found


def follow(gateway: Gateway, link: str, method: str = "GET", **headers: str) -> Answer:
    return gateway.request(method, link, headers)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _function_arn(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _queue_arn(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{urlsplit(url).path.rsplit('/', 1)[-1]}"


# What a function's call needs.
_RIGHTS: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "Lambda.Invoke": lambda sent: ("lambda:InvokeFunction", _function_arn(sent["FunctionName"])),
    "sns.Publish": lambda sent: ("sns:Publish", sent["TopicArn"]),
}
# What a state needs, by the end of its Resource.
_STATES: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "lambda:invoke": lambda sent: ("lambda:InvokeFunction", _function_arn(sent["FunctionName"])),
    "sns:publish": lambda sent: ("sns:Publish", sent["TopicArn"]),
    "sqs:sendMessage": lambda sent: ("sqs:SendMessage", _queue_arn(sent["QueueUrl"])),
    "states:startExecution": lambda sent: ("states:StartExecution", sent["StateMachineArn"]),
    "aws-sdk:sfn:sendTaskFailure": lambda sent: ("states:SendTaskFailure", "*"),
}


def _needed(definition: dict[str, Any]) -> set[tuple[str, str]]:
    needed = set()
    for state in definition["States"].values():
        if state["Type"] == "Task":
            service = state["Resource"].removeprefix("arn:aws:states:::").removesuffix(".waitForTaskToken")
            needed.add(_STATES[service](state.get("Arguments") or state["Parameters"]))
    return needed

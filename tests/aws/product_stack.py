"""CloudFormation, as far as a product that waits for a person needs it.

moto knows neither custom resources with a function nor wait conditions. So those of a template are made here, in the order of their
DependsOn: events go to the function, answers are what the executable PUTs to the hosts of CloudFormation's buckets, which lead
to a receiver on this machine. What depends on them is then deployed to moto.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from samtranslator.yaml_helper import yaml_parse

from gateway import Gateway
from moto_aws import ACCOUNT, REGION, Aws
from receiver import Received, Receiver

WAIT_HOST = f"cloudformation-waitcondition-{REGION}.s3.{REGION}.amazonaws.com"
RESPONSE_HOST = f"cloudformation-custom-resource-response-{REGION.replace('-', '')}.s3.{REGION}.amazonaws.com"


class ProductStack:
    """A stack of a product. `launch` goes on until it must wait for a person or is at an end."""

    def __init__(
        self, aws: Aws, gateway: Gateway, receiver: Receiver, template: Path, **parameters: str
    ):
        self._aws = aws
        self._gateway = gateway
        self._receiver = receiver
        self._template = yaml_parse(template.read_text())
        self.name = f"product-{uuid.uuid4().hex[:8]}"
        self.stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.name}/{uuid.uuid4()}"
        self._values: dict[str, Any] = {
            **parameters,
            "AWS::StackName": self.name,
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
        }
        self._attributes: dict[str, Mapping[str, Any]] = {}
        self._waiting: dict[str, str] = {}
        self._left = list(self._template["Resources"])
        self._physical: dict[str, str] = {}
        self._properties: dict[str, dict[str, Any]] = {}
        self.status = "CREATE_IN_PROGRESS"
        self.reason = ""
        self.requests: list[Received] = []
        self.outputs: dict[str, str] = {}

    def launch(self) -> None:
        self._go_on()

    def update(self, **parameters: str) -> None:
        """Sends each custom resource whose properties have changed its event."""
        assert self.status.endswith("COMPLETE")
        self.status = "UPDATE_IN_PROGRESS"
        self._values |= parameters
        for name in self._customs():
            former, self._properties[name] = self._properties[name], self._resolved_properties(name)
            if former != self._properties[name]:
                self._send("Update", name, OldResourceProperties=former)
        self.receive()

    def delete(self) -> None:
        for name in self._customs():
            self._send("Delete", name)
        self.receive()
        self.status = "DELETE_COMPLETE"

    def receive(self) -> None:
        """Takes what was PUT, and goes on."""
        for request in self._receiver.take():
            self.requests.append(request)
            assert request.headers.get("content-type", "") == "", "the signature would not fit"
            assert "transfer-encoding" not in request.headers
            url = f"https://{request.host}{request.path}"
            name = self._waiting.get(url)
            assert name, "nothing waits there"
            answer = request.json()
            if request.host == WAIT_HOST:
                self._signalled(name, answer)
            else:
                self._responded(name, answer)
        self._go_on()

    def _signalled(self, name: str, signal: dict[str, str]) -> None:
        assert set(signal) == {"Status", "UniqueId", "Data", "Reason"}
        assert all(isinstance(value, str) for value in signal.values())
        if signal["Status"] == "SUCCESS":
            self._attributes[name] = {"Data": json.dumps({signal["UniqueId"]: signal["Data"]})}
            self._left.remove(name)
        else:
            assert signal["Status"] == "FAILURE"
            self._fail(signal["Reason"])

    def _responded(self, name: str, response: dict[str, Any]) -> None:
        assert (response["StackId"], response["LogicalResourceId"]) == (self.stack_id, name)
        assert response["PhysicalResourceId"] and len(json.dumps(response)) <= 4_096
        self._physical[name] = response["PhysicalResourceId"]
        if response["Status"] == "SUCCESS":
            self._attributes[name] = response.get("Data", {})
            if name in self._left:
                self._left.remove(name)
            elif self.status == "UPDATE_IN_PROGRESS":
                self.status = "UPDATE_COMPLETE"
        else:
            assert response["Status"] == "FAILED"
            self._fail(response["Reason"])

    def _fail(self, reason: str) -> None:
        self.reason = reason
        if self.status == "UPDATE_IN_PROGRESS":
            self.status = "UPDATE_ROLLBACK_COMPLETE"
            return
        self.status = "ROLLBACK_IN_PROGRESS"
        for name in list(self._physical):
            self._send("Delete", name)
        for request in self._receiver.take():
            assert request.json()["Status"] == "SUCCESS", "a rollback asks nobody"
        self.status = "ROLLBACK_COMPLETE"

    def _customs(self) -> list[str]:
        resources = self._template["Resources"]
        return [name for name, resource in resources.items() if resource["Type"].startswith("Custom::")]

    def _go_on(self) -> None:
        while self.status == "CREATE_IN_PROGRESS":
            ready = [name for name in self._left if self._is_ready(name)]
            started = [name for name in ready if self._start(name)]
            if not started:
                break
            if not self._left:
                self._end()

    def _is_ready(self, name: str) -> bool:
        depends = self._template["Resources"][name].get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        return name not in self._waiting.values() and not set(depends) & set(self._left)

    def _start(self, name: str) -> bool:
        resource = self._template["Resources"][name]
        kind = resource["Type"]
        if kind == "AWS::CloudFormation::WaitConditionHandle":
            self._values[name] = self._presigned(WAIT_HOST, f"/{name}", 86_399)
            self._left.remove(name)
        elif kind == "AWS::CloudFormation::WaitCondition":
            self._waiting[self._resolved_properties(name)["Handle"]] = name
        elif kind.startswith("Custom::"):
            self._properties[name] = self._resolved_properties(name)
            self._send("Create", name)
            self.receive()
        else:
            self._left.remove(name)
        return True

    def _send(self, kind: str, name: str, **more: Any) -> None:
        request_id = str(uuid.uuid4())
        url = self._presigned(RESPONSE_HOST, quote(f"|{name}|{request_id}", safe=""), 7_200)
        self._waiting = {other: waits for other, waits in self._waiting.items() if waits != name}
        self._waiting[url] = name
        event = {
            "RequestType": kind,
            "ResponseURL": url,
            "StackId": self.stack_id,
            "RequestId": request_id,
            "ResourceType": self._template["Resources"][name]["Type"],
            "LogicalResourceId": name,
            "ResourceProperties": self._properties[name],
            **more,
        }
        if name in self._physical:
            event["PhysicalResourceId"] = self._physical[name]
        function = self._properties[name]["ServiceToken"].rsplit(":", 1)[-1]
        self._gateway.invoke(function, event)

    def _presigned(self, host: str, end: str, seconds: int) -> str:
        now = datetime.datetime.now(datetime.UTC)
        path = quote(self.stack_id, safe="/")
        return (
            f"https://{host}/{path}{end}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={now:%Y%m%dT%H%M%SZ}"
            f"&X-Amz-SignedHeaders=host&X-Amz-Expires={seconds}&X-Amz-Credential=AKIATEST%2F{now:%Y%m%d}"
            f"%2F{REGION}%2Fs3%2Faws4_request&X-Amz-Signature={uuid.uuid4().hex}"
        )

    def _end(self) -> None:
        """What has depended on the approval is made in moto."""
        ours = ("Custom::", "AWS::CloudFormation::Wait")
        resources = {
            name: {"Type": resource["Type"], "Properties": self._resolved(resource.get("Properties", {}))}
            for name, resource in self._template["Resources"].items()
            if not resource["Type"].startswith(ours)
        }
        body = {"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in resources}}
        self._aws.cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(body))
        [stack] = self._aws.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        made = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self._values |= made
        for name, output in self._template.get("Outputs", {}).items():
            self.outputs[name] = self._resolved(output["Value"])
        self.status = "CREATE_COMPLETE"

    def _resolved_properties(self, name: str) -> dict[str, Any]:
        return _texts(self._resolved(self._template["Resources"][name]["Properties"]))

    def _resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return self._values[name]
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([A-Za-z0-9:]+)}", lambda found: self._values[found[1]], text)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._attributes[name][attribute]
            case {"Fn::GetAtt": text}:
                return self._attributes[text.split(".")[0]][text.split(".", 1)[1]]
            case dict():
                return {name: self._resolved(item) for name, item in value.items()}
            case list():
                return [self._resolved(item) for item in value]
            case _:
                return value


def _texts(value: Any) -> Any:
    """CloudFormation makes texts of all truth values and numbers in properties of custom resources."""
    match value:
        case dict():
            return {name: _texts(item) for name, item in value.items()}
        case list():
            return [_texts(item) for item in value]
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)

"""Stacks in moto, made from our templates the way `sam deploy` makes them in AWS: package, translate, create.

Nothing of a template is written down again here: what a stack consists of is read from moto after the deployment.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from moto_aws import ACCOUNT, BUCKET, REGION, Aws
from moto_cloudformation import Described, described

ROOT = Path(__file__).resolve().parents[2]

Template = dict[str, Any]


class Deployment:
    """A stack, with the stacks nested in it."""

    def __init__(self, aws: Aws, template: Path, **parameters: str):
        self._aws = aws
        self.name = f"s-{uuid.uuid4().hex[:12]}"
        self.template = translated(packaged(aws, template))
        self.stack_id = aws.cloudformation.create_stack(
            StackName=self.name,
            TemplateBody=json.dumps(self.template),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
        )["StackId"]
        [stack] = aws.cloudformation.describe_stacks(StackName=self.stack_id)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def resources(self, kind: str) -> dict[str, str]:
        """Logical and physical ids of all resources of a type, those of nested stacks included."""
        found = {}
        for stack in self._stacks(self.name):
            for resource in self._listed(stack):
                if resource["ResourceType"] == kind:
                    found[resource["LogicalResourceId"]] = resource["PhysicalResourceId"]
        return found

    def described(self, kind: type[Described]) -> list[Described]:
        """Resources that moto does not make."""
        return [
            resource
            for stack in self._stacks(self.name)
            for resource in described(stack, kind, ACCOUNT, REGION)
        ]

    def granted(self, role: str) -> list[dict[str, Any]]:
        """All statements of a role's policies, by the role's physical name."""
        iam = self._aws.iam
        statements: list[dict[str, Any]] = []
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            statements += iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            statements += document["Statement"]
        return statements

    def _listed(self, stack: str) -> list[dict[str, Any]]:
        return self._aws.cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]

    def _stacks(self, name: str) -> Iterator[str]:
        yield name
        for resource in self._listed(name):
            if resource["ResourceType"] == "AWS::CloudFormation::Stack":
                yield from self._stacks(resource["PhysicalResourceId"])


def packaged(aws: Aws, path: Path) -> Template:
    """The template with its files in a bucket, as `sam build` and `sam package` leave it."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function" if "BuildMethod" in resource.get("Metadata", {}):
                # What the build makes of it is the executable under test, which needs no bucket.
                properties["CodeUri"] = uploaded(aws, _zip({"bootstrap": b""}))
            case "AWS::Serverless::Function":
                folder = path.parent / properties["CodeUri"]
                files = {
                    str(file.relative_to(folder)): file.read_bytes()
                    for file in folder.rglob("*")
                    if file.is_file()
                }
                assert files, f"{folder} is empty"
                properties["CodeUri"] = uploaded(aws, _zip(files))
            case "AWS::Serverless::StateMachine":
                file = path.parent / properties["DefinitionUri"]
                properties["DefinitionUri"] = uploaded(aws, file.read_bytes())
            case "AWS::Serverless::Application":
                # CloudFormation translates the nested template when it creates the stack; moto does not.
                nested = translated(packaged(aws, path.parent / properties["Location"]))
                key = uploaded(aws, json.dumps(nested).encode())["Key"]
                properties["Location"] = f"https://s3.{REGION}.amazonaws.com/{BUCKET}/{key}"
    return template


def translated(template: Template) -> Template:
    """The template after the SAM transform."""
    return transform(template, {}, _NoManagedPolicies())


def uploaded(aws: Aws, content: bytes) -> dict[str, str]:
    key = uuid.uuid4().hex
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return {"Bucket": BUCKET, "Key": key}


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return packed.getvalue()


class _NoManagedPolicies:
    """All roles of our templates are explicit, so the translator needs no list of AWS's policies."""

    def load(self) -> dict[str, str]:
        return {}

"""The two templates: as they are written, after the SAM transform, and as CloudFormation resolves them for parameters."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from samtranslator.yaml_helper import yaml_parse

import deployment

ROOT = deployment.ROOT
REST = "template.yaml"
FUNCTION_URL = "template-function-url.yaml"
TEMPLATES = (REST, FUNCTION_URL)

Template = dict[str, Any]
ACCOUNT = "123456789012"
OTHER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f0e0d0c-0b0a-4908-8706-050403020100"
OLDER_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/mrk-00112233445566778899aabbccddeeff"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms"
# What links may be delivered to.
DELIVER = {
    "DeliverTopicArns": f"arn:aws:sns:eu-west-1:{ACCOUNT}:approvals,arn:aws:sns:eu-west-1:{ACCOUNT}:others",
    "DeliverIdentityArns": f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/example.com",
    "DeliverEventBusArns": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/ours",
    "DeliverSecretArns": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:approvals/slack-AbCdEf",
    "DeliverParameterArns": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/approvals/slack",
    "DeliverHosts": "hooks.example.com",
}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"

# Parameters under which every condition of the templates is true at least once and false at least once.
VARIANTS: dict[str, dict[str, str]] = {
    "as it comes": {},
    "everything": {
        "Endpoint": "RestApiAndHttpApi",
        "BaseUrl": "https://links.example.com",
        "CorsAllowOrigin": "https://app.example.com",
        "EncryptionKeyArn": OTHER_KEY,
        "DecryptKeyArns": f"{OLDER_KEY},{OTHER_KEY.replace('0f', '1f')}",
        "Audience": "approvals",
        "ReservedConcurrency": "5",
        "AddressBuckets": "false",
        "LogLevel": "WARN",
        "Tracing": "true",
        "AlarmTopicArn": TOPIC,
        "EnableMetrics": "true",
        "EnableDashboard": "true",
        "PermissionsBoundary": BOUNDARY,
        **DELIVER,
    },
    "a dashboard without alarms and metrics": {"EnableDashboard": "true"},
    "alarms of one API": {"AlarmTopicArn": TOPIC, "EnableMetrics": "true", "EnableDashboard": "true"},
    "the former key of another account": {"DecryptKeyArns": OLDER_KEY, "Endpoint": "RestApiAndHttpApi"},
    "no old links": {"AcceptLegacyUrls": "false"},
    "compact links": {"CompactLinks": "true"},
    "compact links that are out": {"CompactLinks": "accept", "EncryptionKeyArn": OTHER_KEY},
    "no encryption": {"DisableEncryption": "true"},
}


@cache
def _parsed(name: str) -> Template:
    return yaml_parse((ROOT / name).read_text())


def written(name: str) -> Template:
    """The template as written; short forms such as `!Ref` become `{"Ref": …}`."""
    return copy.deepcopy(_parsed(name))


@cache
def translated(name: str) -> Template:
    """The template after the SAM transform, its code in a bucket as after `sam package`. To be read, not changed."""
    template = written(name)
    for resource in resources(template, "AWS::Serverless::Function").values():
        resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": "code.zip"}
    return deployment.translated(template)


def resources(template: Template, *types: str) -> dict[str, Any]:
    """The resources of these types, by logical id."""
    return {name: it for name, it in template["Resources"].items() if it["Type"] in types}


def known(name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Those of the parameters that a template has."""
    own = _parsed(name)["Parameters"]
    return {key: value for key, value in parameters.items() if key in own}


# What a stage serves only after a new deployment is in all other resources of the API.
_NOT_DEPLOYED = {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}


def deployment_id(template: Template) -> str:
    """The logical id that the deployment must have: it ends with a digest of all that a deployment holds."""
    parts = {
        name: {"Type": it["Type"], "Properties": it["Properties"]}
        for name, it in template["Resources"].items()
        if it["Type"].startswith("AWS::ApiGateway::") and it["Type"] not in _NOT_DEPLOYED
    }
    for name, it in resources(template, "AWS::ApiGateway::RestApi").items():
        kept = {key: value for key, value in it["Properties"].items() if key not in ("Name", "Description")}
        parts[name] = kept
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"ApiDeployment{digest[:10]}"


class _NoValue:
    """`AWS::NoValue`: the property is left out."""


# What `Fn::GetAtt` gives in tests that deploy nothing.
_ATTRIBUTES = {
    "AWS::KMS::Key": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f",
    "AWS::Lambda::Function": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:stack-{{0}}-1A2B3C4D5E6F",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/stack-{{0}}-1A2B3C4D5E6F",
    "AWS::Logs::LogGroup": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:stack-{{0}}-1A2B3C4D5E6F:*",
    "AWS::ApiGateway::RestApi": "root",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:stack-{{0}}-1A2B3C4D5E6F",
    "AWS::Lambda::Url": "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws/",
}


class Resolved:
    """A translated template with values for its parameters."""

    def __init__(self, template: Template, parameters: dict[str, str]):
        declared = template["Parameters"]
        unknown = set(parameters) - set(declared)
        assert not unknown, f"the template has no parameters {unknown}"
        self._template = template
        self._values = {name: str(it["Default"]) for name, it in declared.items()} | parameters
        self._values |= {
            "AWS::Partition": "aws",
            "AWS::Region": "eu-west-1",
            "AWS::AccountId": ACCOUNT,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "stack",
        }

    def broken_rules(self) -> list[str]:
        """The sentences that a deployment with these parameters is refused with."""
        return [
            assertion["AssertDescription"]
            for rule in self._template.get("Rules", {}).values()
            if "RuleCondition" not in rule or self.value(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self.value(assertion["Assert"])
        ]

    def forbidden_values(self) -> list[str]:
        """The parameters whose own constraints their values break."""
        return [name for name in self._template["Parameters"] if not self._permits(name)]

    def _permits(self, name: str) -> bool:
        declared, value = self._template["Parameters"][name], self._values[name]
        pattern = declared.get("AllowedPattern")
        return (
            value in map(str, declared.get("AllowedValues", [value]))
            # CloudFormation's patterns are Java's, which match the whole text.
            and (pattern is None or re.fullmatch(pattern, value) is not None)
            and len(value) <= declared.get("MaxLength", len(value))
            and ("MinValue" not in declared or float(value) >= declared["MinValue"])
            and ("MaxValue" not in declared or float(value) <= declared["MaxValue"])
        )

    def resources(self, *types: str) -> dict[str, Any]:
        """The properties of the resources of these types that are made, by logical id."""
        return {
            name: self.value(it["Properties"])
            for name, it in resources(self._template, *types).items()
            if "Condition" not in it or self.condition(it["Condition"])
        }

    def all(self) -> dict[str, dict[str, Any]]:
        """Type, resolved properties and dependencies of all resources that are made."""
        return {
            name: it | {"Properties": self.value(it.get("Properties", {}))}
            for name, it in self._template["Resources"].items()
            if "Condition" not in it or self.condition(it["Condition"])
        }

    def environment(self, function: str) -> dict[str, str]:
        variables = self.resources("AWS::Lambda::Function")[function]["Environment"]["Variables"]
        return {name: str(value) for name, value in variables.items()}

    def output(self, name: str) -> Any:
        return self.value(self._template["Outputs"][name]["Value"])

    def condition(self, name: str) -> bool:
        return self.value(self._template["Conditions"][name])

    def value(self, node: Any) -> Any:
        """A node of the template without intrinsic functions."""
        if isinstance(node, list):
            return [it for it in map(self.value, node) if it is not _NoValue]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function in ("Ref", "Condition") and isinstance(argument, str):
                return self._ref(argument) if function == "Ref" else self.condition(argument)
            if function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        resolved = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not _NoValue}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NoValue
        if name in self._values:
            return self._values[name]
        self._must_be_made(name)
        return f"stack-{name}-1A2B3C4D5E6F"

    def _get_att(self, name: str) -> str:
        self._must_be_made(name)
        return _ATTRIBUTES[self._template["Resources"][name]["Type"]].format(name)

    def _must_be_made(self, name: str) -> None:
        resource = self._template["Resources"][name]
        made = "Condition" not in resource or self.condition(resource["Condition"])
        assert made, f"{name} is referred to and not made"

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "If":
                condition, then, otherwise = argument
                return self.value(then if self.condition(condition) else otherwise)
            case "Equals":
                left, right = map(self.value, argument)
                return left == right
            case "Not":
                return not self.value(argument[0])
            case "And":
                return all(map(self.value, argument))
            case "Or":
                return any(map(self.value, argument))
            case "Join":
                return argument[0].join(self.value(argument[1]))
            case "Split":
                return self.value(argument[1]).split(argument[0])
            case "Select":
                return self.value(argument[1])[int(argument[0])]
            case "GetAtt":
                return self._get_att(argument[0] if isinstance(argument, list) else argument.split(".")[0])
            case "Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                # What a value holds is not looked through again.
                return re.sub(
                    r"\$\{([^}]+)\}",
                    lambda found: self.value(own[found[1]]) if found[1] in own else self._substituted(found[1]),
                    text,
                )
        raise AssertionError(f"Fn::{function} is not known here")

    def _substituted(self, name: str) -> str:
        return self._get_att(name.split(".")[0]) if "." in name else self._ref(name)


def policies(resolved: Resolved) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document that says what somebody may do, with a name for it."""
    for name, role in resolved.resources("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            yield f"{name}/{policy['PolicyName']}", policy["PolicyDocument"]
    for name, policy in resolved.resources("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy").items():
        yield name, policy["PolicyDocument"]

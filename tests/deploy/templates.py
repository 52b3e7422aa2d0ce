"""The two templates: read as they are written, and translated from SAM as CloudFormation does it."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
REST = "template.yaml"
FUNCTION_URL = "template-function-url.yaml"
TEMPLATES = (REST, FUNCTION_URL)
REGION = "eu-west-1"

Template = dict[str, Any]


@cache
def _text(name: str) -> str:
    return (ROOT / name).read_text()


def written(name: str) -> Template:
    """The template as written; short forms such as `!Ref` become `{"Ref": …}`."""
    return yaml_parse(_text(name))


class _NoManagedPolicies:
    """Our roles are explicit, so the translator needs no list of AWS's policies."""

    def load(self) -> dict[str, str]:
        return {}


def translated(name: str) -> Template:
    """The template after the SAM transform, in which the code lies in a bucket as after `sam package`."""
    template = copy.deepcopy(written(name))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": "code.zip"}
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(template, {}, _NoManagedPolicies())


def resources(template: Template, *types: str) -> dict[str, Any]:
    """The resources of these types, by logical id."""
    return {name: it for name, it in template["Resources"].items() if it["Type"] in types}


# What a stage serves only after a new deployment, besides the resources that belong to the API.
_NOT_DEPLOYED = {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}


def deployment_id(template: Template) -> str:
    """The logical id that the deployment must have: it ends with a digest of all that a deployment holds."""
    parts = {
        name: {"Type": it["Type"], "Properties": it["Properties"]}
        for name, it in template["Resources"].items()
        if it["Type"].startswith("AWS::ApiGateway::") and it["Type"] not in _NOT_DEPLOYED
    }
    for name, it in resources(template, "AWS::ApiGateway::RestApi").items():
        parts[name] = {key: value for key, value in it["Properties"].items() if key not in ("Name", "Description")}
    text = json.dumps(parts, sort_keys=True)
    return f"ApiDeployment{hashlib.sha256(text.encode()).hexdigest()[:10]}"

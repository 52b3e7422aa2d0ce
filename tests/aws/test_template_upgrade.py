"""An update of a stack of version 1.1 with our template: what CloudFormation keeps, what it replaces, what it would trip over.

What is replaced follows from the properties that can only be set when a resource is made; CloudFormation's schemas of
resource types name them, and cfn-lint brings the schemas.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samtranslator.yaml_helper import yaml_parse

import old_app
import templates
from checks import APPROVE, BEAT, REJECT, check_done, check_refused
from deployment import ROOT, Deployment
from gateway import Gateway
from templates import REST, Resolved

# What callers and links go by.
MUST_STAY = ("Api", "ApiStage", "EncryptionKey", "CreateUrls")
# What else is better kept: attached policies, key policies of other accounts, and paths that can be there only once.
STAYS = (
    "CreateUrlsPolicy",
    "CreateUrlsRole",
    "ProcessCallbackRole",
    "CreateUrlsResource",
    "CreateUrlsMethod",
    "ProcessCallbackResource",
    "ProcessCallbackGetMethod",
    "ProcessCallbackPostMethod",
)

Made = dict[str, dict[str, Any]]


def old() -> Made:
    return Resolved(yaml_parse((ROOT / "tests/aws/old_stack.yaml").read_text()), {}).all()


def new(template: templates.Template | None = None, **parameters: str) -> Made:
    return Resolved(template or templates.translated(REST), parameters).all()


def fixed(kind: str) -> list[list[str]]:
    """The paths of the properties that cannot be changed."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    paths = schema.get("createOnlyProperties", []) + schema.get("conditionalCreateOnlyProperties", [])
    return [path.removeprefix("/properties/").split("/") for path in paths]


def at(properties: Any, path: list[str]) -> Any:
    for step in path:
        properties = properties.get(step) if isinstance(properties, dict) else None
    return properties


def replaced(before: Made, after: Made) -> set[str]:
    """The resources that are in both and become others."""
    return {
        name
        for name in before.keys() & after.keys()
        if before[name]["Type"] != after[name]["Type"]
        or any(
            at(before[name]["Properties"], path) != at(after[name]["Properties"], path)
            for path in fixed(before[name]["Type"])
        )
    }


def identity(resource: dict[str, Any]) -> tuple[Any, ...] | None:
    """What may be there only once and is made before the old one goes: a name, or a place in an API."""
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::ApiGateway::Resource":
            return ("path", properties["RestApiId"], properties["ParentId"], properties["PathPart"])
        case "AWS::ApiGateway::Method":
            return ("method", properties["RestApiId"], properties["ResourceId"], properties["HttpMethod"])
        case "AWS::ApiGateway::Stage":
            return ("stage", properties["RestApiId"], properties["StageName"])
        case kind:
            named = {"AWS::Lambda::Function": "FunctionName", "AWS::Logs::LogGroup": "LogGroupName"}
            named |= {"AWS::IAM::Role": "RoleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName"}
            name = properties.get(named.get(kind, ""))
            return None if name is None else (kind, name)


def collisions(before: Made, after: Made) -> set[str]:
    """New resources that would be made while an old one of the same identity is still there."""
    taken = {identity(it): name for name, it in before.items() if identity(it)}
    moved = replaced(before, after)
    return {
        name
        for name, it in after.items()
        if identity(it) in taken and (taken[identity(it)] != name or name in moved)
    }


@pytest.mark.parametrize("endpoint", ["RestApi", "RestApiAndHttpApi"])
def test_an_update_replaces_nothing_that_links_and_callers_go_by(endpoint: str) -> None:
    before, after = old(), new(Endpoint=endpoint)
    assert set(MUST_STAY + STAYS) <= before.keys() & after.keys()
    # The permissions are those of other functions now; API Gateway may call the old ones until they go.
    assert replaced(before, after) == {"CreateUrlsInvokePermission", "ProcessCallbackInvokePermission"}
    assert collisions(before, after) == set()


def test_the_stage_gets_another_deployment() -> None:
    before, after = old(), new()
    assert after["ApiStage"]["Properties"]["StageName"] == before["ApiStage"]["Properties"]["StageName"] == "v1"
    assert "ApiDeployment" not in after
    assert after["ApiStage"]["Properties"]["DeploymentId"] != before["ApiStage"]["Properties"]["DeploymentId"]


def test_the_key_stays_even_when_it_is_not_wanted_any_more() -> None:
    key = templates.written(REST)["Resources"]["EncryptionKey"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    [statement] = key["Properties"]["KeyPolicy"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "kms:*", "*")
    [root] = statement["Principal"].values()
    assert root == {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}


def test_parameters_of_the_old_stack_are_still_there() -> None:
    declared = templates.written(REST)["Parameters"]
    for name, it in yaml_parse((ROOT / "tests/aws/old_stack.yaml").read_text())["Parameters"].items():
        assert declared[name]["Default"] == it["Default"], name


def test_our_policies_are_not_deleted_with_the_old_ones() -> None:
    """Both are inline policies of roles that stay, and are deleted by their name."""
    before, after = old(), new(Tracing="true")
    gone = [it["Properties"] for name, it in before.items() if it["Type"] == "AWS::IAM::Policy" and name not in after]
    assert len(gone) == 4
    for role in ("CreateUrlsRole", "ProcessCallbackRole"):
        ours = {policy["PolicyName"] for policy in after[role]["Properties"]["Policies"]}
        theirs = {it["PolicyName"] for it in gone if any(role in name for name in it["Roles"])}
        assert theirs and ours and not ours & theirs


def test_log_groups_are_not_those_that_lambda_made() -> None:
    """Lambda made `/aws/lambda/<name>` for the functions of the old stack; to make it again would fail."""
    after = new()
    groups = {name: it["Properties"] for name, it in after.items() if it["Type"] == "AWS::Logs::LogGroup"}
    assert set(groups) == {"CreateUrlsLogGroup", "ProcessCallbackLogGroup"}
    assert not any("LogGroupName" in properties for properties in groups.values())
    for function in ("CreateUrls", "ProcessCallback"):
        assert after[function]["Properties"]["LoggingConfig"]["LogGroup"].startswith(f"stack-{function}LogGroup-")


def test_while_the_stack_is_updated_the_old_deployment_finds_its_function() -> None:
    """Resources that go are deleted at the end; what the old deployment calls must not change before."""
    assert "ProcessCallbackFunction" not in new() and "CreateUrlsForApi" not in new()


@pytest.mark.parametrize(
    ("resource", "properties", "found"),
    [
        ("ApiStage", {"StageName": "v2"}, "ApiStage"),
        ("CreateUrls", {"FunctionName": "create-urls"}, "CreateUrls"),
        ("CreateUrlsPolicy", {"Description": "Permission to create links"}, "CreateUrlsPolicy"),
        ("CreateUrlsRole", {"Path": "/links/"}, "CreateUrlsRole"),
        ("ProcessCallbackResource", {"PathPart": "answer"}, "ProcessCallbackResource"),
    ],
)
def test_the_check_finds_replacements(resource: str, properties: dict[str, Any], found: str) -> None:
    template = copy.deepcopy(templates.translated(REST))
    template["Resources"][resource]["Properties"] |= properties
    assert found in replaced(old(), new(template))


@pytest.mark.parametrize("name", ["CreateUrlsMethod", "ProcessCallbackResource", "ApiStage"])
def test_the_check_finds_collisions(name: str) -> None:
    template = copy.deepcopy(templates.translated(REST))
    resources = template["Resources"]
    resources["Renamed"] = resources[name]
    if name != "ProcessCallbackResource":
        del resources[name]  # the resource itself is referred to
    assert "Renamed" in collisions(old(), new(template))


@pytest.fixture(scope="module", params=["RestApi", "RestApiAndHttpApi"])
def updated(request, aws, executable, tmp_path_factory):
    """The stack after the update, with everything on, as links made before it expect."""
    on = {"EnableOutputParameters": "true", "EnablePostActions": "true"}
    deployment = Deployment(aws, ROOT / REST, Endpoint=request.param, **on)
    with Gateway(aws, executable, tmp_path_factory.mktemp("updated"), deployment) as gateway:
        yield deployment, gateway


def old_link(deployment: Deployment, token: str, action: dict, suite: int, **more: Any) -> str:
    """A link as it lies in somebody's mailbox: to the REST API, whatever the endpoint is now."""
    data = old_app.encrypted(deployment.outputs["Key"], old_app.payload(token, action, **more), suite)
    return old_app.link(data, action["name"], action["type"]).replace(old_app.BASE_URL, deployment.outputs["Api"])


@pytest.mark.parametrize("suite", [0x0378, 0x0578], ids=["1.0", "1.1"])
def test_links_made_before_open(updated, wait, suite: int) -> None:
    deployment, gateway = updated
    waiting = wait(heartbeat_seconds=60)
    beat = old_link(deployment, waiting.token, BEAT, suite)
    check_done(gateway.request("GET", beat), "beat", "heartbeat")
    approve = old_link(deployment, waiting.token, APPROVE, suite)
    check_done(gateway.request("GET", approve), "approve", "success")
    assert waiting.result().output == APPROVE["output"]
    waiting = wait()
    reject = old_link(deployment, waiting.token, REJECT, suite)
    check_done(gateway.request("POST", reject), "reject", "failure")
    result = waiting.result()
    assert (result.status, result.error, result.cause) == ("FAILED", REJECT["error"], REJECT["cause"])


def test_links_with_parameters_and_bodies_made_before_open(updated, wait) -> None:
    deployment, gateway = updated
    waiting = wait()
    action = {"name": "name", "type": "success", "output": {"by": "$who"}}
    url = old_link(deployment, waiting.token, action, 0x0378, param=True)
    check_done(gateway.request("GET", f"{url}&who=Ada"), "name", "success")
    assert waiting.result().output == {"by": "Ada"}
    waiting = wait()
    outcome = {"name": "any", "type": "success", "schema": {}, "output_body": True}
    url = old_link(deployment, waiting.token, {"name": "hook", "type": "post", "outcomes": [outcome]}, 0x0578)
    check_done(gateway.request_json(url, {"done": 1}), "hook", "post")
    assert waiting.result().output == {"done": 1}


def test_damaged_and_foreign_links_do_not_open_after_the_update(updated, wait, aws) -> None:
    deployment, gateway = updated
    waiting = wait()
    url = old_link(deployment, waiting.token, APPROVE, 0x0578)
    damaged = url.replace("data=2-", "data=2-A")
    foreign = old_app.link(old_app.encrypted(aws.other_key, old_app.payload(waiting.token, APPROVE)))
    plain = old_app.link(old_app.plain(old_app.payload(waiting.token, APPROVE)))
    here = deployment.outputs["Api"]
    for link, code in (
        (damaged, "InvalidPayload"),
        (foreign.replace(old_app.BASE_URL, here), "InvalidPayload"),
        (plain.replace(old_app.BASE_URL, here), "EncryptionRequired"),
    ):
        check_refused(gateway.request("GET", link), 400, code)
    assert waiting.execution.status() == "RUNNING"


def test_links_of_a_stack_without_encryption_open_in_one(aws, executable, tmp_path, wait) -> None:
    deployment = Deployment(aws, ROOT / REST, DisableEncryption="true")
    waiting = wait()
    plain = old_app.link(old_app.plain(old_app.payload(waiting.token, APPROVE)))
    with Gateway(aws, executable, tmp_path, deployment) as gateway:
        answer = gateway.request("GET", plain.replace(old_app.BASE_URL, deployment.outputs["Api"]))
        check_done(answer, "approve", "success")
    assert waiting.result().output == APPROVE["output"]

"""The templates of the examples as such: cfn-lint on what CloudFormation gets, and both languages side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from samtranslator.yaml_helper import yaml_parse

from deployment import ROOT, packaged, translated
from moto_aws import BUCKET, REGION

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/template.yaml"))
# Those in which a state machine waits.
MACHINES = [name for name in EXAMPLES if (ROOT / "examples" / name / "statemachine").is_dir()]
# Templates that somebody else deploys.
PRODUCTS = sorted((ROOT / "examples").glob("*/product-*.yaml"))
JSONATA = sorted((ROOT / "examples").glob("*/statemachine/*jsonata.asl.json"))
# Regions of three partitions, so that nothing is written for one of them only.
REGIONS = [REGION, "us-east-1", "cn-north-1", "us-gov-west-1"]


def test_there_are_examples():
    assert set(MACHINES) >= {"approval-email", "approval-no-code", "function-url", "human-approval", "webhook"}
    assert set(EXAMPLES) - set(MACHINES) == {"service-catalog-approval"} and len(PRODUCTS) == 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_cfn_lint_finds_nothing(aws, name):
    assert _findings(_deployable(aws, name)) == []


@pytest.mark.parametrize("path", PRODUCTS, ids=lambda path: path.stem)
def test_cfn_lint_finds_nothing_in_a_product(path):
    assert _findings(yaml_parse(path.read_text())) == []


def test_cfn_lint_would_find_an_action_that_does_not_exist(aws):
    template = _deployable(aws, "approval-email")
    role = template["Resources"]["StateMachineRole"]["Properties"]
    role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = "lambda:Invoke"
    assert any(finding.startswith("W3037") for finding in _findings(template))


def test_cfn_lint_would_find_a_broken_definition(aws):
    template = _deployable(aws, "approval-email")
    machine = template["Resources"]["JsonataStateMachine"]["Properties"]
    machine["DefinitionString"] = machine["DefinitionString"].replace('"Arguments"', '"Parameters"')
    assert any("E3601" in finding for finding in _findings(template))


@pytest.mark.parametrize("name", MACHINES)
def test_both_languages_have_the_same_states(name):
    folder = ROOT / "examples" / name / "statemachine"
    jsonpath = sorted(folder.glob("*jsonpath.asl.json"))
    assert jsonpath and len(jsonpath) * 2 == len(list(folder.iterdir()))
    for path in jsonpath:
        twin = path.with_name(path.name.replace("jsonpath", "jsonata"))
        assert _outline(path) == _outline(twin) | {"QueryLanguage": None}
        assert _outline(twin)["QueryLanguage"] == "JSONata"


@pytest.mark.parametrize(
    ("waiting", "sending"),
    [("human-approval/statemachine/approval", "send-links"), ("webhook/statemachine/run-job", "send-job")],
)
@pytest.mark.parametrize("language", ["jsonpath", "jsonata"])
def test_links_end_when_the_task_does(waiting, sending, language):
    path = ROOT / "examples" / f"{waiting}.{language}.asl.json"
    machine = json.loads(path.read_text())
    create = json.loads(path.with_name(f"{sending}.{language}.asl.json").read_text())["States"]["CreateUrls"]
    lifetime = (create.get("Arguments") or create["Parameters"])["Payload"]["expires_in"]
    assert {"PT1H": 3600, "P1D": 86400}[lifetime] == machine["States"][machine["StartAt"]]["TimeoutSeconds"]


@pytest.mark.parametrize("path", JSONATA, ids=lambda path: str(path.relative_to(ROOT / "examples")))
def test_jsonata_uses_only_what_there_is_at_its_place(path):
    """moto gives a state's error as its result, too, and its result everywhere."""
    for name, state in json.loads(path.read_text())["States"].items():
        caught = json.dumps(state.pop("Catch", []))
        assert "$states.result" not in caught, name
        output = json.dumps(state.pop("Output", ""))
        assert state["Type"] == "Task" or "$states.result" not in output, name
        assert "$states.result" not in json.dumps(state), name
        assert "$states.errorOutput" not in json.dumps(state) + output, name


@pytest.mark.parametrize("name", MACHINES)
def test_every_placeholder_of_a_definition_has_a_value_and_every_value_a_placeholder(name):
    folder = ROOT / "examples" / name
    machines = [
        resource["Properties"]
        for resource in yaml_parse((folder / "template.yaml").read_text())["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    ]
    assert len({machine["DefinitionUri"] for machine in machines}) == len(list((folder / "statemachine").iterdir()))
    for machine in machines:
        used = set(re.findall(r"\$\{(\w+)}", (folder / machine["DefinitionUri"]).read_text()))
        assert used == set(machine["DefinitionSubstitutions"]), machine["DefinitionUri"]


@pytest.mark.parametrize("readme", ["README.md", *(f"{name}/README.md" for name in EXAMPLES)])
def test_the_links_of_a_readme_lead_somewhere(readme):
    path = ROOT / "examples" / readme
    links = re.findall(r"\]\(([^)]+)\)", path.read_text())
    assert links
    for link in links:
        target, _, anchor = link.partition("#")
        found = path.parent / target if target else path
        assert found.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}, link


def _outline(path: Path) -> dict[str, Any]:
    """What does not depend on the language: the states, how they follow each other, what they call, how long."""
    definition = json.loads(path.read_text())
    kept = ("Type", "Resource", "Next", "End", "Default", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Comment")
    return {
        "QueryLanguage": definition.get("QueryLanguage"),
        "StartAt": definition["StartAt"],
        "Comment": definition["Comment"],
        "States": {
            name: {field: state.get(field) for field in kept}
            | {
                field: [(way.get("ErrorEquals"), way["Next"]) for way in state.get(field, [])]
                for field in ("Catch", "Choices")
            }
            for name, state in definition["States"].items()
        },
    }


def _deployable(aws: Any, name: str) -> dict[str, Any]:
    """What CloudFormation gets, with the definitions in it, so that they are looked at as well."""
    template = translated(packaged(aws, ROOT / "examples" / name / "template.yaml"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            location = resource["Properties"].pop("DefinitionS3Location")
            content = aws.s3.get_object(Bucket=BUCKET, Key=location["Key"])["Body"].read()
            # The one placeholder that cfn-lint's pattern of a Resource does not take.
            resource["Properties"]["DefinitionString"] = content.decode().replace("${Partition}", "aws")
    return template


def _findings(template: dict[str, Any]) -> list[str]:
    text = json.dumps(template, indent=2)
    return [f"{match.rule.id} {match.message}" for match in lint(text, config=ManualArgs(regions=REGIONS))]

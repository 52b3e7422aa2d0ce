"""What the documents say of regions and of dates, held against the tables of cfn-lint, which come from AWS."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.metadata import version
from pathlib import Path

import cfnlint
import pytest
from cfnlint.api import ManualArgs, lint
from cfnlint.helpers import REGIONS

import templates
from deployment import ROOT
from operations import section
from templates import FUNCTION_URL, REST

DEPLOYING = (ROOT / "docs/DEPLOYING.md").read_text()
UPGRADING = (ROOT / "docs/UPGRADING.md").read_text()
README_SAR = (ROOT / "README-SAR.md").read_text()
REGION = re.compile(r"\b(?:us-gov|[a-z]{2})-(?:[a-z]+)-\d\b")


# ---------------------------------------------------------------- function URLs


def regions_without(resource_type: str) -> set[str]:
    """By rule E3006, for all regions that cfn-lint knows."""
    template = {"Resources": {"It": {"Type": resource_type}}}
    found = lint(json.dumps(template), config=ManualArgs(regions=REGIONS))
    return {
        match[1]
        for it in found
        if it.rule.id == "E3006" and (match := re.search(r"does not exist in '([a-z0-9-]+)'", it.message))
    }


def named(text: str) -> set[str]:
    """The regions of a text; `ap-southeast-4 to ap-southeast-7` are four."""
    found = set(REGION.findall(text))
    for name, first, last in re.findall(r"([a-z-]+-)(\d) to \1(\d)", text):
        found |= {f"{name}{number}" for number in range(int(first), int(last) + 1)}
    return found


@pytest.fixture(scope="module")
def without() -> set[str]:
    # Not in this table, but in the note of the Lambda Developer Guide.
    return regions_without("AWS::Lambda::Url") | {"eu-south-2"}


def test_regions_without_function_urls_are_named_where_one_is_chosen(without: set[str]) -> None:
    assert len(without) >= 13 and {"il-central-1", "us-gov-west-1"} <= without
    assert named(templates.written(FUNCTION_URL)["Description"]) == without
    assert named(section(DEPLOYING, "## Function URL")) == without
    versions = README_SAR.split("Lambda function URL in place of API Gateway")[1].split("builds,")[0]
    assert named(versions) == without
    words = {15: "fifteen", 14: "fourteen", 13: "thirteen", 16: "sixteen"}
    [row] = [it for it in section(DEPLOYING, "## Which template").splitlines() if it.startswith("| regions |")]
    assert f"[not in {words[len(without)]}](#function-url)" in row
    variables = (ROOT / "deploy/terraform/variables.tf").read_text()
    assert f"which {words[len(without)]} regions do not have" in variables


def test_the_other_template_is_for_those_regions(without: set[str]) -> None:
    types = {it["Type"] for it in templates.translated(REST)["Resources"].values()}
    assert "AWS::Lambda::Url" not in types
    for resource_type in sorted(types):
        assert not regions_without(resource_type) & without, resource_type


def test_the_description_is_one_that_cloudformation_takes() -> None:
    for name in (REST, FUNCTION_URL):
        assert len(templates.written(name)["Description"].encode()) <= 1_024


# ---------------------------------------------------------------- runtimes


def lifecycle() -> dict[str, dict[str, str]]:
    folder = Path(cfnlint.__file__).parent
    return json.loads((folder / "data/AdditionalSpecs/LmbdRuntimeLifecycle.json").read_text())


def in_words(day: str) -> str:
    it = date.fromisoformat(day)
    return f"{it.day} {it:%B %Y}"


def test_the_dates_of_going_back_are_those_of_the_table() -> None:
    old = (ROOT / "tests/aws/old_stack.yaml").read_text()
    dates = lifecycle()["python3.8"]
    text = " ".join(section(UPGRADING, "## Going back").split())
    assert "Runtime: python3.8" in old and "`python3.8`" in text
    assert f"deprecated on {in_words(dates['deprecated'])}" in text
    blocked = f"creation of functions with it from {in_words(dates['create-block'])} and their update from {in_words(dates['update-block'])}"
    assert blocked in text
    assert f"cfn-lint {version('cfn-lint')}" in text and f"cfn-lint {version('cfn-lint')}" in DEPLOYING
    short = " ".join(section(UPGRADING, "## In short").split())
    assert in_words(dates["create-block"]) in short
    # No other date is told.
    told = set(re.findall(r"\d{1,2} [A-Z][a-z]+ 20\d\d", text))
    assert told == {in_words(day) for key, day in dates.items() if key != "successor"}


def test_what_must_be_created_to_go_back_is_what_the_update_removes() -> None:
    old = {
        name
        for name, it in templates.yaml_parse((ROOT / "tests/aws/old_stack.yaml").read_text())["Resources"].items()
        if it["Type"] in ("AWS::Lambda::Function", "AWS::Serverless::Function")
    }
    removed = old - set(templates.translated(REST)["Resources"])
    text = " ".join(section(UPGRADING, "## Going back").split())
    [created] = re.findall(r"must \*create\* (.*?) again", text)
    assert set(re.findall(r"`(\w+)`", created)) == removed
    assert f"`{(old - removed).pop()}` to python3.8 again" in text
    assert "CreateUrls is version 2 and makes links (`3-`) that the functions of version 1 refuse" in text


def test_our_own_runtime_is_not_blocked() -> None:
    runtime = templates.written(REST)["Globals"]["Function"]["Runtime"]
    assert date.fromisoformat(lifecycle()[runtime]["deprecated"]) > date(2028, 1, 1)

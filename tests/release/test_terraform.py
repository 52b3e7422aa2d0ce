"""The Terraform module, held against the templates. `terraform validate` itself runs in the release workflow."""

from __future__ import annotations

import re
from typing import Any

import hcl2
import pytest

from project import ROOT, TEMPLATES, VERSION, template

MODULE = ROOT / "deploy/terraform"
# Variables that are no parameters.
OWN = {"name", "package", "bucket", "function_url", "tags"}


def plain(node: Any) -> Any:
    """What python-hcl2 read, without the quotes that it keeps around labels and texts."""
    if isinstance(node, dict):
        return {plain(key): plain(value) for key, value in node.items() if key != "__is_block__"}
    if isinstance(node, list):
        return [plain(it) for it in node]
    if isinstance(node, str) and len(node) > 1 and node[0] == node[-1] == '"':
        return node[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return node


def blocks(file: str, kind: str) -> dict[str, Any]:
    """The blocks of a kind, by their labels."""
    named = {}
    for block in plain(hcl2.loads((MODULE / file).read_text()))[kind]:
        while len(block) == 1 and isinstance(next(iter(block.values())), dict):
            [(label, block)] = block.items()
        named[label] = block
    return named


def local(name: str) -> Any:
    [values] = plain(hcl2.loads((MODULE / "main.tf").read_text()))["locals"]
    return values[name]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def terraform_type(declared: dict[str, Any]) -> str:
    if sorted(map(str, declared.get("AllowedValues", []))) == ["false", "true"]:
        return "bool"
    return "number" if declared["Type"] == "Number" else "string"


def test_the_variables_are_the_parameters() -> None:
    parameters = template("template.yaml")["Parameters"]
    variables = {name: it for name, it in blocks("variables.tf", "variable").items() if name not in OWN}
    assert variables == {
        snake(name): {"type": terraform_type(it), "default": None, "description": it["Description"]}
        for name, it in parameters.items()
    }


def test_every_variable_reaches_its_parameter() -> None:
    parameters = template("template.yaml")["Parameters"]
    assert local("parameters") == {name: f"${{var.{snake(name)}}}" for name in parameters}
    assert "value != null" in local("given") and "local.parameters" in local("given")
    assert blocks("main.tf", "resource")["this"]["parameters"] == "${local.given}"


def test_what_only_api_gateway_has_is_refused_with_a_function_url() -> None:
    rest, url = (set(template(name)["Parameters"]) for name in TEMPLATES)
    assert set(local("only_api_gateway")) == rest - url and url < rest


def test_the_outputs_are_those_of_the_template() -> None:
    rest, url = (template(name)["Outputs"] for name in TEMPLATES)
    outputs = blocks("outputs.tf", "output")
    assert set(outputs) == set(map(snake, rest)) and set(url) < set(rest)
    for name, declared in rest.items():
        ours = outputs[snake(name)]
        assert ours["description"] == declared["Description"]
        always = "Condition" not in declared and name in url
        of_stack = "aws_cloudformation_stack.this.outputs"
        wanted = f'{of_stack}["{name}"]' if always else f'lookup({of_stack}, "{name}", null)'
        assert ours["value"].removeprefix("${").removesuffix("}") == wanted, name


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_template_is_made_deployable(name: str) -> None:
    """The replacements of main.tf, done here: each must find what it looks for, as often as it is there."""
    text = (ROOT / name).read_text()
    assert name in local("template")
    done = 0
    for which in ("with_code", "body"):
        old, new = re.search(r'replace\([\w.]+, "(.*?)", "(.*)"\)', local(which)).groups()  # type: ignore[union-attr]
        old, new = old.replace("\\n", "\n"), new.replace("\\n", "\n")
        new = new.replace("${var.bucket}", "bucket").replace("${aws_s3_object.package.key}", "key.zip")
        done += text.count(old)
        text = text.replace(old, new.replace("${local.arch}", "x86_64"))
    assert done == 3 and "${" not in re.sub(r"\$\{(AWS::)?\w+(\.\w+)?\}", "", text)
    made, wanted = template(text), template(name)
    wanted["Globals"]["Function"]["Architectures"] = ["x86_64"]
    for resource in wanted["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key.zip"
    assert made == wanted


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_finds_the_version_in_the_template(name: str) -> None:
    [pattern] = re.findall(r'regex\("(.*?)", local\.template\)\[0\]', local("version"))
    assert re.findall(pattern.replace("\\\\", "\\"), (ROOT / name).read_text()) == [VERSION]
    readme = (MODULE / "README.md").read_text()
    assert f"?ref=v{VERSION}" in readme and f"at the tag v{VERSION}" in readme and f"sfn-callback-urls-{VERSION}-arm64.zip" in readme
    assert f'semantic_version = "{VERSION}"' in readme


def test_capabilities_are_those_that_the_template_needs() -> None:
    stack = blocks("main.tf", "resource")["this"]
    # The transform needs CAPABILITY_AUTO_EXPAND; no role or policy has a name of its own.
    assert stack["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    for name in TEMPLATES:
        for resource in template(name)["Resources"].values():
            assert not {"RoleName", "ManagedPolicyName", "UserName"} & set(resource.get("Properties", {}))


def test_objects_go_last_so_that_cloudformation_can_go_back() -> None:
    for which in ("package", "template"):
        made = blocks("main.tf", "resource")[which]
        [lifecycle] = made["lifecycle"]
        assert lifecycle == {"create_before_destroy": True} or lifecycle == {"create_before_destroy": "true"}
        assert "sha256(" in made["key"]

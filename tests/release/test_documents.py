"""The documents: links lead somewhere, tables say what the templates say, sums are right, examples are JSON."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from project import ROOT, TEMPLATES, VERSION, rows, section, template

README_SAR = (ROOT / "README-SAR.md").read_text()
DEPLOYING = (ROOT / "docs/DEPLOYING.md").read_text()
UPGRADING = (ROOT / "docs/UPGRADING.md").read_text()


# Builds, environments, and what other tools keep.
NOT_OURS = {"target", "node_modules"}


def documents() -> list[Path]:
    """All Markdown files of the repository."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [it for it in folders if it not in NOT_OURS and not it.startswith(".")]
        found += [Path(folder) / name for name in files if name.endswith(".md")]
    return sorted(found)


def prose(text: str) -> str:
    """Without code: blocks are dropped, and what stands between backticks."""
    return re.sub(
        r"`+[^`\n]*`+", "", re.sub(r"^( *)(```+).*?^\1\2$", "", text, flags=re.MULTILINE | re.DOTALL)
    )


def anchors(text: str) -> set[str]:
    """The names that headings get, as the usual viewers make them."""
    names: dict[str, int] = {}
    found = set()
    without_code = re.sub(r"^( *)(```+).*?^\1\2$", "", text, flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#{1,6} (.+)$", without_code, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        found.add(name if name not in names else f"{name}-{names[name]}")
        names[name] = names.get(name, 0) + 1
    return found


def links(text: str) -> list[str]:
    # A label may itself hold a picture.
    inline = re.findall(r"\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)\)", prose(text))
    return inline + re.findall(r"^\[[^\]]+\]: (\S+)$", prose(text), re.MULTILINE)


def broken(document: Path, text: str) -> list[str]:
    """What is wrong with the links of a document that stay in the repository."""
    faults = []
    for link in links(text):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if parts.scheme not in ("https", "http") or not parts.netloc:
                faults.append(f"{link}: no address")
            continue
        target = (document.parent / unquote(parts.path)).resolve() if parts.path else document
        if not target.exists() or not target.is_relative_to(ROOT):
            faults.append(f"{link}: there is no such file")
        elif parts.fragment and target.suffix == ".md":
            there = text if target == document else target.read_text()
            if parts.fragment not in anchors(there):
                faults.append(f"{link}: there is no such heading")
    return faults


@pytest.mark.parametrize("document", documents(), ids=lambda it: str(it.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert broken(document, document.read_text()) == []


def test_there_are_documents_with_links() -> None:
    names = {str(it.relative_to(ROOT)) for it in documents()}
    assert {"README.md", "README-SAR.md", "CHANGELOG.md", "docs/DEPLOYING.md", "docs/UPGRADING.md"} <= names
    assert sum(len(links(it.read_text())) for it in documents()) > 100


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a](docs/NONE.md)", "no such file"),
        ("[a](../outside.md)", "no such file"),
        ("[a](docs/API.md#nothing-like-that)", "no such heading"),
        ("# Here\n\n[a](#there)", "no such heading"),
        ("# `Here`\n\n## Here\n\n[a](#here-2)", "no such heading"),
        ("[![a](docs/none.png)](docs/API.md)", "no such file"),
        ("[a]: docs/NONE.md", "no such file"),
        ("[a](javascript:void)", "no address"),
    ],
)
def test_the_check_finds_broken_links(text: str, fault: str) -> None:
    [found] = broken(ROOT / "README.md", text)
    assert fault in found


def test_the_check_knows_links_that_are_right() -> None:
    text = "# `Here`, _now_ & then\n\n## Here\n\n## Here\n\n[a](#here-now--then) [b](#here-1) [c](docs/API.md#the-request) `[d](none)`"
    assert broken(ROOT / "README.md", text.replace("_", "")) == []
    assert (
        broken(ROOT / "README.md", "```md\n[a](none)\n# No heading\n```\n[a](https://example.com/#x)") == []
    )


# ---------------------------------------------------------------- README-SAR.md


def test_the_page_in_the_repository_of_applications_stands_alone() -> None:
    """It is shown there without the other files, and without pictures that are drawn from text."""
    assert links(README_SAR) == [] and "```mermaid" not in README_SAR
    assert len(README_SAR.encode()) < 100_000


def test_its_parameters_are_those_of_the_template() -> None:
    described = template("template.yaml")
    shown = {
        name: (default, meaning) for name, default, meaning in rows(section(README_SAR, "## Parameters"))
    }
    assert shown == {
        f"`{name}`": (f"`{it['Default']}`" if str(it["Default"]) else "empty", it["Description"])
        for name, it in described["Parameters"].items()
    }
    groups = [
        it["Label"]["default"]
        for it in described["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    ]
    assert re.findall(r"^\*\*(.+)\*\*$", section(README_SAR, "## Parameters"), re.MULTILINE) == groups


def test_its_outputs_are_those_of_the_template() -> None:
    shown = {name: meaning for name, meaning in rows(section(README_SAR, "## Outputs"))}
    assert shown == {
        f"`{name}`": it["Description"] for name, it in template("template.yaml")["Outputs"].items()
    }


def actions(node: Any) -> set[str]:
    """All actions that the policies of a template allow, those on the key of the key policy aside."""
    if isinstance(node, list):
        return set().union(*map(actions, node))
    if not isinstance(node, dict):
        return set()
    own = node.get("Action", []) if node.get("Effect") == "Allow" and "Principal" not in node else []
    return set([own] if isinstance(own, str) else own) | set().union(set(), *map(actions, node.values()))


def test_its_permissions_are_those_of_the_template() -> None:
    granted = actions(template("template.yaml")["Resources"])
    shown = set(re.findall(r"`(\w[\w-]+:\w+)`", section(README_SAR, "## Permissions")))
    assert shown == granted and len(granted) == 23


def test_it_tells_this_version() -> None:
    assert f"**{VERSION}**" in section(README_SAR, "## Versions")


# ---------------------------------------------------------------- other documents


def test_parameters_and_outputs_that_the_documents_name_are_there() -> None:
    """Words in backticks that look like parameters, in the documents for those who deploy."""
    known = set()
    for name in TEMPLATES:
        for part in ("Parameters", "Outputs", "Resources"):
            known |= set(template(name)[part])
        known |= {
            str(value)
            for it in template(name)["Parameters"].values()
            for value in it.get("AllowedValues", [])
        }
    old = template((ROOT / "tests/aws/old_stack.yaml").read_text())
    known |= set(old["Resources"])
    # Codes of errors, answers of CloudFormation, properties of other templates.
    known |= set(re.findall(r"^\| `(\w+)` \| \d{3}", (ROOT / "docs/API.md").read_text(), re.MULTILINE))
    known |= {
        "InvalidToken",
        "Modify",
        "Add",
        "Remove",
        "False",
        "True",
        "Conditional",
        "NaN",
        "Infinity",
        "Accept",
        "Globals",
    }
    known |= {"ApiName", "HomePageUrl", "SourceCodeUrl", "Location", "ApiMappingKey", "Runtime", "CfnApplication", "SemanticVersion"}
    for text in (DEPLOYING, UPGRADING, section((ROOT / "README.md").read_text(), "## Deploy it")):
        for word in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:=[^`]*)?`", text):
            assert word in known, word


def test_production_names_only_what_can_be_set_and_its_default() -> None:
    parameters = template("template.yaml")["Parameters"]
    for names, default, _ in rows(section(DEPLOYING, "## For production")):
        for name, shown in zip(re.findall(r"`(\w+)`", names), default.split(", "), strict=False):
            actual = str(parameters[name]["Default"])
            assert shown.strip("`").replace(",", "") in (
                actual,
                f"{int(actual):,}" if actual.isdigit() else actual,
            ) or (shown == "none" and actual == ""), name


def money(cell: str) -> float:
    return float(cell.strip("*").removeprefix("$"))


def test_the_sums_of_the_costs_are_right() -> None:
    *parts, total = rows(section(DEPLOYING, "## Costs"))
    assert [row[0] for row in parts] == ["KMS", "front door", "Lambda, requests", "Lambda, time", "logs"]
    for column in range(1, 5):
        assert round(sum(money(row[column]) for row in parts), 2) == money(total[column])
    memory = template("template.yaml")["Globals"]["Function"]["MemorySize"] / 1024
    time = 2 * 0.02 * memory * 0.0000133334 * 1e6
    assert [money(row[2]) for row in parts] == [round(it, 2) for it in (2 * 3, 3.5, 2 * 0.2, time, 3 * 0.5)]
    uses = template("template.yaml")["Parameters"]["DataKeyMaxUses"]["Default"]
    assert money(parts[0][3]) == round((2 / uses + 0.5) * 3, 2)
    assert money(parts[3][1]) == round(2 * 0.1 * 0.0000166667 * 1e6, 2)


def test_the_price_of_a_page_is_that_of_an_invocation() -> None:
    text = " ".join(section(DEPLOYING, "## Costs").split())
    memory = template("template.yaml")["Globals"]["Function"]["MemorySize"] / 1024
    invocation = 0.2 + 0.02 * memory * 0.0000133334 * 1e6
    assert f"one more invocation, ${invocation:.2f} and its log lines (${1.5 * 0.5:.2f})" in text
    assert f"2 × 0.02 s × {memory:.3f} GB × $0.0000133334 × 1,000,000 = $0.07" in text
    assert "0.52 × $3.00 = $1.56" in text and round(0.52 * 3, 2) == 1.56


# ---------------------------------------------------------------- commands


def commands(text: str) -> list[str]:
    """The commands of the shell blocks and of the prose of a document, each in one line."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = [" ".join(it.split()) for it in re.findall(r"`((?:aws|sam) [^`]+)`", text)]
    return [line for line in lines if line and not line.startswith("#")] + spans


LARGEST_IN_A_REQUEST = 51_200


def is_too_large(document: Path, command: str) -> bool:
    """Whether the template that a command of CloudFormation sends is too large for a request, or may be."""
    [name] = re.findall(r"--template-(?:file|body) (?:file://)?(\S+)", command)
    sizes = [path.stat().st_size for path in (document.parent / name, ROOT / name) if path.exists()]
    return not sizes or sizes[0] > LARGEST_IN_A_REQUEST


def missing_buckets(document: Path, text: str) -> list[str]:
    """The commands that CloudFormation refuses because of the size of the template."""
    found = []
    for command in commands(text):
        if re.match(r"aws cloudformation (deploy|package)\b.*--template-file", command):
            if is_too_large(document, command) and "--s3-bucket " not in command:
                found.append(command)
        elif re.match(r"aws cloudformation \S+ .*--template-body", command) and is_too_large(document, command):
            found.append(command)
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda it: str(it.relative_to(ROOT)))
def test_large_templates_are_deployed_by_way_of_a_bucket(document: Path) -> None:
    assert missing_buckets(document, document.read_text()) == []


def test_the_check_of_buckets_finds_their_lack() -> None:
    assert all((ROOT / name).stat().st_size > LARGEST_IN_A_REQUEST for name in TEMPLATES)
    deploy = "```sh\naws cloudformation deploy --stack-name x \\\n  --template-file {}{}\n```\n"
    for name in (*TEMPLATES, "packaged.yaml", "target/package/arm64/template.yaml"):
        assert missing_buckets(ROOT / "README.md", deploy.format(name, "")), name
        assert not missing_buckets(ROOT / "README.md", deploy.format(name, " --s3-bucket b")), name
    body = "`aws cloudformation create-stack --template-body file://template.yaml`"
    assert missing_buckets(ROOT / "README.md", body)
    assert not missing_buckets(ROOT / "examples/webhook/README.md", body)
    deployed = [it for it in commands(DEPLOYING) if it.startswith("aws cloudformation deploy")]
    packaged = [it for it in commands(DEPLOYING) if it.startswith("aws cloudformation package")]
    assert deployed and packaged


def test_the_template_of_before_is_kept_as_it_was_written() -> None:
    """`get-template` answers with a text for YAML; as JSON that is one string, which CloudFormation does not take."""
    [kept] = [it for it in commands(UPGRADING) if it.startswith("aws cloudformation get-template")]
    assert "--output text" in kept and "--template-stage Original" in kept
    [file] = re.findall(r">(\S+)$", kept)
    assert file.endswith(".yaml")
    back = [it for it in commands(section(UPGRADING, "## Going back")) if f"--template-file {file} " in it]
    assert len(back) == 1 and back[0].startswith("aws cloudformation deploy --stack-name callback-urls")
    old = template((ROOT / "tests/aws/old_stack.yaml").read_text())["Parameters"]
    [given] = re.findall(r"--parameter-overrides (.+)$", back[0])
    assert {it.split("=")[0] for it in given.split()} <= set(old)


def test_the_rehearsal_says_what_it_leaves() -> None:
    rehearsal = " ".join(UPGRADING.split("**3. Rehearse.**")[1].split("**4.")[0].split())
    assert "KMS key, which costs $1 a month" in rehearsal and "schedule-key-deletion" in rehearsal


def test_names_that_the_update_changes_are_in_the_table_for_operators() -> None:
    operators = section(UPGRADING, "### For operators")
    old = template((ROOT / "tests/aws/old_stack.yaml").read_text())
    assert old["Resources"]["Api"]["Properties"]["Name"] != {"!Ref": "AWS::StackName"}
    assert template("template.yaml")["Resources"]["Api"]["Properties"]["Name"] == {"!Ref": "AWS::StackName"}
    [row] = [it for it in operators.splitlines() if it.startswith("| name of the REST API |")]
    assert "`ApiName`" in row


def test_the_key_of_an_alarm_topic_is_named_where_the_topic_is() -> None:
    for text in (
        *(template(name)["Parameters"]["AlarmTopicArn"]["Description"] for name in TEMPLATES),
        section(DEPLOYING, "## For production"),
        section((ROOT / "docs/OPERATIONS.md").read_text(), "## Alarms"),
    ):
        assert "cloudwatch.amazonaws.com" in text


def test_reserved_concurrency_says_what_must_stay_unreserved() -> None:
    """100 executions (Lambda Developer Guide, "Configuring reserved concurrency")."""
    for name in TEMPLATES:
        description = template(name)["Parameters"]["ReservedConcurrency"]["Description"]
        assert "100 must stay unreserved" in description and "refuses 20 in an account with a limit below 120" in description
    [row] = [it for it in section(DEPLOYING, "## For production").splitlines() if it.startswith("| `ReservedConcurrency`")]
    assert "100 must stay unreserved" in row and "limit below 120" in row and "refuses 20" in row


def test_builds_for_another_processor_are_told_apart() -> None:
    build = " ".join(section(DEPLOYING, "## Build it yourself").split())
    [told] = re.findall(r"`Architectures: \[x86_64\]`.*?What SAM calls", build)
    assert "on an arm64 machine `sam build` makes an arm64 executable" in told and "`./package --arch x86_64`" in told


def test_every_option_of_package_is_documented() -> None:
    options = set(re.findall(r'add_argument\(\s*"(--[a-z-]+)"', (ROOT / "package").read_text()))
    assert {"--arch", "--compiler", "--source-url", "--rustflags"} <= options
    for option in options - {"--executable", "--output"}:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", DEPLOYING), option


@pytest.mark.parametrize("document", documents(), ids=lambda it: str(it.relative_to(ROOT)))
def test_scripts_import_what_they_use(document: Path) -> None:
    """Modules of the CDK by their usual names, in each block that declares something."""
    for block in re.findall(r"^```ts\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL):
        imported = set(re.findall(r"^import \* as (\w+) from", block, re.MULTILINE))
        used = set(re.findall(r"(?<![\w.'/])([a-z]\w*)\.[A-Z]\w*", block))
        assert used <= imported and (imported <= used or not imported), (used, imported)


def test_no_document_leaves_an_address_open() -> None:
    for document in documents():
        assert not re.findall(r"<where[^>]*>|\bTODO\b|<address[^>]*>", document.read_text()), document.name


# ---------------------------------------------------------------- the environment of a function


def secrets_that_fit(name: str) -> int:
    """How many ARNs of secrets the environment of CreateUrls takes beside everything else, 4 KB in all."""
    described = template(name)
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:callback-urls/slack-approvals-AbCdEf"
    known = {
        "KEY_ID": "arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c-0b0a-4908-8706-050403020100",
        "MAC_KEY_ID": "arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c-0b0a-4908-8706-050403020100",
        "API_ID": "a1b2c3d4e5",
        "STAGE": "$default",
        "BASE_URL": "https://links.example.com",
        "AUDIENCE": "callback-urls",
        "BRAND_NAME": "Example Company",
        "BRAND_COLOR": "#0b5fff",
        "MAX_LINK_LIFETIME": "P14D",
        "CONFIRM_ACTIONS": "strict",
        "DELIVER_TOPIC_ARNS": "arn:aws:sns:eu-central-1:123456789012:approvals",
        "DELIVER_IDENTITY_ARNS": "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
        "DELIVER_EVENT_BUS_ARNS": "arn:aws:events:eu-central-1:123456789012:event-bus/approvals",
        "DELIVER_HOSTS": "hooks.example.com",
        "DELIVER_SECRET_ARNS": "",
        "DELIVER_PARAMETER_ARNS": "",
    }
    variables = described["Resources"]["CreateUrls"]["Properties"]["Environment"]["Variables"]
    taken = sum(len(variable) + len(known.get(variable, "false")) for variable in variables)
    return (4_096 - taken + 1) // (len(arn) + 1)


@pytest.mark.parametrize("name", TEMPLATES)
def test_as_many_secrets_fit_as_the_document_says(name: str) -> None:
    text = " ".join(section(DEPLOYING, "## Deliveries").split())
    [said] = re.findall(r"room for about (\d+) ARNs of secrets", text)
    assert "4,096 bytes" in text and abs(secrets_that_fit(name) - int(said)) <= 4, secrets_that_fit(name)


def test_examples_in_json_are_json() -> None:
    checked = 0
    for document in documents():
        for block in re.findall(r"^```json\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL):
            try:
                json.loads(block)
            except ValueError:
                # Several values, one a line.
                for line in block.strip().splitlines():
                    json.loads(line)
            checked += 1
    assert checked > 20


def test_the_change_log_goes_by_version_and_begins_with_this_one() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    versions = [tuple(map(int, it.split("."))) for it in headings]
    assert headings[0] == VERSION
    assert versions == sorted(set(versions), reverse=True) and versions[-1] == (1, 0, 0)

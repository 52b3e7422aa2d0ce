"""Which parameters a deployment takes: their own constraints, the rules between them, and what the functions then say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import templates
from templates import DELIVER, FUNCTION_URL, OLDER_KEY, OTHER_KEY, REST, TEMPLATES, VARIANTS, Resolved, known

# Parameters that contradict each other, and words of the sentence that says so.
CONTRADICTIONS = {
    "a key without encryption": (
        {"DisableEncryption": "true", "EncryptionKeyArn": OTHER_KEY},
        ["EncryptionKeyArn would mean nothing"],
    ),
    "a former key without encryption": (
        {"DisableEncryption": "true", "DecryptKeyArns": OLDER_KEY},
        ["no link of the keys in DecryptKeyArns would open"],
    ),
    "an audience without encryption": (
        {"DisableEncryption": "true", "Audience": "approvals"},
        ["Audience would keep nothing apart"],
    ),
    "compact links without encryption": (
        {"DisableEncryption": "true", "CompactLinks": "true"},
        ["CompactLinks would mean nothing"],
    ),
    "the same key twice": (
        {"EncryptionKeyArn": OTHER_KEY, "DecryptKeyArns": OTHER_KEY},
        ["Name the former keys there"],
    ),
    "hosts of webhooks without their secrets": (
        {"DeliverHosts": "hooks.example.com"},
        ["webhooks are signed"],
    ),
    "two contradictions": (
        {"DisableEncryption": "true", "EncryptionKeyArn": OTHER_KEY, "Audience": "approvals"},
        ["EncryptionKeyArn would mean nothing", "Audience would keep nothing apart"],
    ),
}

# Values that a parameter takes, and values that it refuses.
GOOD = {
    "ConfirmActions": ["false", "true", "strict"],
    "MaxLinkLifetime": ["", "P30D", "PT12H", "P1Y2M", "P1DT12H", "P2W", "PT0.5H"],
    "BaseUrl": ["", "https://links.example.com", "https://example.com/links", "https://example.com:8443/a/b"],
    "CorsAllowOrigin": ["", "*", "https://app.example.com", "http://localhost:5173"],
    "BrandName": ["", "Example", "Müller & Söhne", "x" * 60],
    "BrandColor": ["", "#0b5fff", "#0B5FFF"],
    "DeliverTopicArns": ["", *DELIVER["DeliverTopicArns"].split(","), DELIVER["DeliverTopicArns"]],
    "DeliverIdentityArns": [
        "",
        DELIVER["DeliverIdentityArns"],
        DELIVER["DeliverIdentityArns"].replace("example.com", "ann+b@example.com"),
        DELIVER["DeliverIdentityArns"].replace("identity/example.com", "configuration-set/ours"),
    ],
    "DeliverEventBusArns": [
        "",
        DELIVER["DeliverEventBusArns"],
        DELIVER["DeliverEventBusArns"].replace("event-bus/ours", "event-busv2/ours/0123456789abcdefghijklmno"),
        DELIVER["DeliverEventBusArns"]
        + ","
        + DELIVER["DeliverEventBusArns"].replace("event-bus/ours", "event-busv2/o.u_r-s/" + "a" * 25),
    ],
    "DeliverSecretArns": ["", DELIVER["DeliverSecretArns"]],
    "DeliverParameterArns": ["", DELIVER["DeliverParameterArns"]],
    "EncryptionKeyArn": ["NONE", OTHER_KEY, OLDER_KEY, OTHER_KEY.replace("arn:aws:", "arn:aws-us-gov:")],
    "DecryptKeyArns": ["", OLDER_KEY, f"{OLDER_KEY},{OTHER_KEY}"],
    "Audience": ["", "default", "a", "team-1/approvals", "~" * 128],
    "CompactLinks": ["false", "true", "accept"],
    "DataKeyMaxAge": ["0", "3600"],
    "DataKeyMaxUses": ["1", "10000"],
    "DecryptCacheMaxAge": ["0", "900"],
    "ReservedConcurrency": ["", "0", "1000"],
    "LogLevel": ["INFO", "WARN", "ERROR"],
    "AlarmTopicArn": ["", templates.TOPIC],
    "PermissionsBoundary": ["", templates.BOUNDARY, "arn:aws:iam::aws:policy/PowerUserAccess"],
    "ThrottleRate": ["1", "10000"],
    "ThrottleBurst": ["1", "5000"],
}
BAD = {
    "DeliverTopicArns": [
        "approvals",
        "*",
        "arn:aws:sns:eu-west-1:123456789012:*",
        f"{templates.TOPIC}, {templates.TOPIC}",
        f"{templates.TOPIC}.fifo",
        f"{templates.TOPIC},",
    ],
    "DeliverIdentityArns": ["example.com", "arn:aws:ses:eu-west-1:123456789012:identity/*", templates.TOPIC],
    "DeliverEventBusArns": ["default", "arn:aws:events:eu-west-1:123456789012:event-bus/*"],
    "DeliverSecretArns": ["approvals/slack", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"],
    "DeliverParameterArns": ["/approvals/slack", "arn:aws:ssm:eu-west-1:123456789012:parameter/*"],
    "DeliverHosts": ["https://hooks.example.com", "localhost", "*.example.com", "10.0.0.1", "a.b:443", "A.example.com"],
    "DisableEncryption": ["", "yes", "True"],
    "EnableOutputParameters": ["", "1"],
    "EnablePostActions": ["on"],
    "EnableWaitConditions": ["", "True"],
    "EnableCustomResources": ["1"],
    "EnableDurableExecutions": ["yes"],
    "EnableCodePipelineApprovals": ["on"],
    "EnableAutomationApprovals": ["TRUE"],
    "AcceptLegacyUrls": [""],
    "AddressBuckets": ["", "False", "off"],
    "CompactLinks": ["", "yes", "True"],
    "VerboseLogging": ["TRUE"],
    "Tracing": ["Active"],
    "EnableMetrics": ["", "on"],
    "EnableDashboard": ["", "TRUE"],
    "Endpoint": ["", "HttpApi", "FunctionUrl", "restapi"],
    "ConfirmActions": ["", "page"],
    "MaxLinkLifetime": ["30", "30D", "P", "3 days", "PT", "2026-12-24", "p30d"],
    "BaseUrl": [
        "http://links.example.com",
        "links.example.com",
        "https://",
        "https://example.com?x",
        "https://example.com#x",
        "https://user@example.com",
        "https://example.com/a b",
    ],
    "CorsAllowOrigin": [
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://*.example.com",
        "https://a.example,https://b.example",
    ],
    "BrandName": ["x" * 61, " x", "x ", "a\nb"],
    "BrandColor": ["red", "0b5fff", "#fff", "#0b5ffg"],
    "EncryptionKeyArn": ["", "none", "alias/links", OTHER_KEY.replace("key/", "alias/"), OTHER_KEY.split("/")[1]],
    "DecryptKeyArns": ["NONE", f"{OLDER_KEY}, {OTHER_KEY}", f"{OLDER_KEY},", OTHER_KEY.split("/")[1]],
    "Audience": ["with space", "ü", "~" * 129],
    "DataKeyMaxAge": ["-1", "3601"],
    "DataKeyMaxUses": ["0", "10001"],
    "DecryptCacheMaxAge": ["-1", "901"],
    "ReservedConcurrency": ["-1", "five", "1.5"],
    "LogLevel": ["", "info", "DEBUG"],
    "LogRetentionDays": ["0", "2", "forever"],
    "AlarmTopicArn": ["alarms", OTHER_KEY, "me@example.com"],
    "PermissionsBoundary": ["boundary", f"arn:aws:iam::{templates.ACCOUNT}:role/boundary"],
    "ThrottleRate": ["0", "10001"],
    "ThrottleBurst": ["0", "5001"],
}


def resolved(template: str, parameters: dict[str, str]) -> Resolved:
    return Resolved(templates.translated(template), known(template, parameters))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_sensible_parameters_break_no_rule(template: str, variant: dict[str, str]) -> None:
    stack = resolved(template, variant)
    assert stack.broken_rules() == []
    assert stack.forbidden_values() == []


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("parameters", "sentences"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictions_are_refused_with_a_sentence(
    template: str, parameters: dict[str, str], sentences: list[str]
) -> None:
    broken = resolved(template, parameters).broken_rules()
    assert len(broken) == len(sentences), broken
    for sentence, words in zip(broken, sentences, strict=True):
        assert words in sentence
        # It names each parameter that it is about, and ends as a sentence.
        assert sentence.endswith(".") and all(name in sentence for name in parameters if name in words)


def test_every_rule_is_tried() -> None:
    rules = templates.written(REST)["Rules"]
    sentences = {it["AssertDescription"] for rule in rules.values() for it in rule["Assertions"]}
    broken = {
        sentence
        for parameters, _ in CONTRADICTIONS.values()
        for sentence in resolved(REST, parameters).broken_rules()
    }
    assert broken == sentences


@pytest.mark.parametrize("template", TEMPLATES)
def test_constraints_take_what_is_right_and_refuse_what_is_wrong(template: str) -> None:
    for values, refused in ((GOOD, False), (BAD, True)):
        for name, texts in values.items():
            for text in texts:
                if known(template, {name: text}):
                    found = resolved(template, {name: text}).forbidden_values()
                    assert (name in found) == refused, (name, text)


def test_every_constraint_is_tried() -> None:
    for name, declared in templates.written(REST)["Parameters"].items():
        if set(declared) & {"AllowedPattern", "AllowedValues", "MinValue", "MaxValue", "MaxLength"}:
            assert name in BAD, name
        else:
            pytest.fail(f"{name} takes anything")
        if "AllowedPattern" in declared:
            assert "ConstraintDescription" in declared, name


def problems(executable: Path, handler: str, environment: dict[str, str]) -> str:
    """What a function says when it starts. There is no Runtime API: that it gets as far as to miss it is a good start."""
    ended = subprocess.run(
        [executable],
        env=environment
        | {
            "_HANDLER": handler,
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1, ended
    return "" if "the Runtime API failed" in ended.stdout else ended.stdout


# An API's id is not a logical id with a suffix.
API = {"API_ID": "a1b2c3d4e5"}


def start(executable: Path, template: str, parameters: dict[str, str]) -> str:
    stack = resolved(template, parameters)
    create, process = stack.environment("CreateUrls"), stack.environment("ProcessCallback")
    if "API_ID" in create:
        create |= API
    return problems(executable, "create_urls", create) + problems(executable, "process_callback", process)


def test_the_functions_start_with_whatever_the_templates_take(executable: Path) -> None:
    for template in TEMPLATES:
        for variant in VARIANTS.values():
            assert start(executable, template, variant) == "", (template, variant)
    for name, texts in GOOD.items():
        for text in texts:
            assert start(executable, REST, {name: text}) == "", (name, text)


def test_the_functions_refuse_what_the_template_refuses(executable: Path) -> None:
    """So that the constraints are no stricter than the program, but for what only CloudFormation can see."""
    stricter = {
        # Empty means the default to the functions.
        *((name, "") for name in templates.written(REST)["Parameters"]),
        # The functions also know keys by their id.
        ("EncryptionKeyArn", OTHER_KEY.split("/")[1]),
        ("DecryptKeyArns", OTHER_KEY.split("/")[1]),
        ("DecryptKeyArns", f"{OLDER_KEY}, {OTHER_KEY}"),
        ("DecryptKeyArns", f"{OLDER_KEY},"),
        # The functions take blanks and a comma too many in lists.
        ("DeliverTopicArns", f"{templates.TOPIC}, {templates.TOPIC}"),
        ("DeliverTopicArns", f"{templates.TOPIC},"),
        # jiff takes small letters.
        ("MaxLinkLifetime", "p30d"),
    }
    for name, texts in BAD.items():
        marked = Resolved(templates.translated(REST), {name: "a mark"})
        functions = ("CreateUrls", "ProcessCallback")
        if not any("a mark" in marked.environment(function).values() for function in functions):
            continue  # the functions never see it
        for text in texts:
            if (name, text) not in stricter:
                assert start(executable, REST, {name: text}) != "", (name, text)


def test_a_missing_base_is_named(executable: Path) -> None:
    environment = Resolved(templates.translated(FUNCTION_URL), {}).environment("CreateUrls")
    del environment["BASE_URL"]
    assert "BASE_URL: is missing" in problems(executable, "create_urls", environment)

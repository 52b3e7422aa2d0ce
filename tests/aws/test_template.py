"""What the two templates say: valid, complete, the same where they are the same, and in step with the program."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint
from parliament import analyze_policy_string

import templates
from templates import FUNCTION_URL, REST, ROOT, TEMPLATES, VARIANTS, Resolved, Template, known, policies

ROLES = {"CreateUrls": "create", "ProcessCallback": "process"}


def linted(template: Template) -> list[str]:
    """What cfn-lint says, warnings included, of a template without the SAM transform."""
    found = lint(json.dumps(template, indent=1), config=ManualArgs(regions=["eu-west-1"]))
    return [f"{it.rule.id} {it.message}" for it in found]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_cloudformation_would_take_the_translated_template(name: str, variant: dict[str, str]) -> None:
    template = copy.deepcopy(templates.translated(name))
    for parameter, value in known(name, variant).items():
        template["Parameters"][parameter]["Default"] = value
    assert linted(template) == []


def test_the_check_of_templates_finds_faults() -> None:
    template = copy.deepcopy(templates.translated(REST))
    template["Resources"]["ApiStage"]["Properties"]["StageNam"] = "v1"
    template["Resources"]["CreateUrls"]["Properties"]["Runtime"] = "provided.al2024"
    template["Resources"]["CreateUrlsRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0][
        "Action"
    ] = "lambda:Invoke"
    found = "\n".join(linted(template))
    assert "'StageNam' was unexpected" in found
    assert "provided.al2024" in found
    assert "W3037" in found and "invoke" in found


def faults_of(document: dict[str, Any]) -> list[str]:
    """Unknown actions, actions that take no such resource, and `*` where a resource can be named."""
    return [finding.issue for finding in analyze_policy_string(json.dumps(document)).findings]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_policies_name_actions_and_resources_that_there_are(name: str, variant: dict[str, str]) -> None:
    resolved = Resolved(templates.translated(name), known(name, variant))
    found = {policy: faults_of(document) for policy, document in policies(resolved)}
    assert found == dict.fromkeys(found, [])
    assert {"CreateUrlsRole/WriteLog", "ProcessCallbackRole/TellTasks", "CreateUrlsPolicy"} <= set(found)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"Action": "lambda:Invoke"}, "UNKNOWN_ACTION"),
        ({"Action": "states:SendTask"}, "UNKNOWN_ACTION"),
        ({"Action": "kms:Decrypt"}, "RESOURCE_MISMATCH"),
        ({"Resource": "*"}, "RESOURCE_STAR"),
        ({"Action": "lambda:*", "Resource": "*"}, "RESOURCE_STAR"),
    ],
)
def test_the_check_of_policies_finds_faults(change: dict[str, str], fault: str) -> None:
    document = copy.deepcopy(dict(policies(Resolved(templates.translated(REST), {})))["CreateUrlsPolicy"])
    assert faults_of(document) == []
    document["Statement"][0] |= change
    assert fault in faults_of(document)


def test_a_state_machine_cannot_be_named_for_reports() -> None:
    """Why the statement of ProcessCallback has `*`: AWS's list of actions knows no resource for these three."""
    document = copy.deepcopy(
        dict(policies(Resolved(templates.translated(REST), {})))["ProcessCallbackRole/TellTasks"]
    )
    document["Statement"][0]["Resource"] = "arn:aws:states:eu-west-1:123456789012:stateMachine:approvals"
    assert set(faults_of(document)) == {"RESOURCE_MISMATCH"}


def documented() -> dict[str, tuple[str, str]]:
    """The table of variables in docs/CONFIGURATION.md: default, and who needs it. tests/it compares it with the code."""
    rows = {}
    for row in (ROOT / "docs/CONFIGURATION.md").read_text().splitlines():
        if match := re.fullmatch(r"\| `([A-Z_]{4,})` \|.*\| ([^|]*) \| ([^|]*) \|", row):
            rows[match[1]] = (match[2], match[3])
    return rows


# Set by Lambda or by the SDK's conventions, or read on a laptop only: no affair of the templates.
NOT_OURS = re.compile(r"_HANDLER|AWS_.*|SSL_CERT_FILE|HOME|XDG_DATA_HOME")


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("function", ROLES)
def test_template_and_program_name_the_same_settings(name: str, function: str) -> None:
    environment = set(Resolved(templates.translated(name), {}).environment(function))
    needed = {
        variable
        for variable, (_, needed_by) in documented().items()
        if needed_by.startswith(("both", ROLES[function])) and not NOT_OURS.fullmatch(variable)
    }
    if name == FUNCTION_URL:
        needed -= {"API_ID", "STAGE"}  # the base of the links is the function URL
    assert "KEY_ID" in needed and "AUDIENCE" in needed
    assert environment == needed


def test_template_and_program_have_the_same_defaults() -> None:
    resolved = Resolved(templates.translated(REST), {})
    environment = resolved.environment("CreateUrls") | resolved.environment("ProcessCallback")
    compared = set()
    for variable, (default, _) in documented().items():
        if match := re.fullmatch(r"`([^`]+)`", default):
            # The stack's own name stands where the program has a word for all.
            if variable in environment and variable != "AUDIENCE":
                assert environment[variable] == match[1], variable
                compared.add(variable)
    assert {"DATA_KEY_MAX_AGE", "ACCEPT_LEGACY_URLS", "LOG_LEVEL"} <= compared


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_audience_is_the_name_of_the_stack_unless_another_is_named(name: str) -> None:
    for parameters, audience in [({}, "stack"), ({"Audience": "approvals"}, "approvals")]:
        resolved = Resolved(templates.translated(name), parameters)
        for function in ROLES:
            assert resolved.environment(function)["AUDIENCE"] == audience


def test_links_point_to_the_api_that_the_parameters_name() -> None:
    def base(**parameters: str) -> tuple[Any, ...]:
        resolved = Resolved(templates.translated(REST), parameters)
        environment = resolved.environment("CreateUrls")
        variables = tuple(environment[name] for name in ("BASE_URL", "API_ID", "STAGE"))
        return (*variables, resolved.output("Api"), resolved.output("LinkBase"))

    rest, http = (f"stack-{api}-1A2B3C4D5E6F" for api in ("Api", "HttpApi"))
    rest_url = f"https://{rest}.execute-api.eu-west-1.amazonaws.com/v1"
    http_url = f"https://{http}.execute-api.eu-west-1.amazonaws.com"
    own = "https://links.example.com"
    assert base() == ("", rest, "v1", rest_url, rest_url)
    assert base(Endpoint="RestApiAndHttpApi") == ("", http, "$default", rest_url, http_url)
    assert base(BaseUrl=own) == (own, rest, "v1", rest_url, own)
    assert base(BaseUrl=own, Endpoint="RestApiAndHttpApi") == (own, http, "$default", rest_url, own)
    resolved = Resolved(templates.translated(FUNCTION_URL), {})
    url = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws"
    assert (resolved.environment("CreateUrls")["BASE_URL"], resolved.output("LinkBase")) == (f"{url}/", url)


def test_only_the_path_that_creates_links_asks_who_calls() -> None:
    template = templates.translated(REST)
    resources = templates.resources(template, "AWS::ApiGateway::Method")
    path = {"CreateUrlsResource": "/urls", "ProcessCallbackResource": "/respond"}
    methods = {
        (path[it["Properties"]["ResourceId"]["Ref"]], it["Properties"]["HttpMethod"]): it["Properties"][
            "AuthorizationType"
        ]
        for it in resources.values()
    }
    assert methods == {
        ("/urls", "POST"): "AWS_IAM",
        **{("/respond", method): "NONE" for method in ("GET", "HEAD", "POST", "OPTIONS")},
    }
    routes = templates.resources(template, "AWS::ApiGatewayV2::Route").values()
    assert {it["Properties"]["RouteKey"] for it in routes} == {
        f"{method} /respond" for method in ("GET", "HEAD", "POST", "OPTIONS")
    }


def test_the_deployment_is_that_of_this_api() -> None:
    template = templates.written(REST)
    [name] = templates.resources(template, "AWS::ApiGateway::Deployment")
    wanted = templates.deployment_id(template)
    assert name == wanted, f"the API has changed: in {REST}, write {wanted} for {name}, or no stage will serve it"
    stage = template["Resources"]["ApiStage"]["Properties"]
    assert stage["DeploymentId"] == {"Ref": wanted}
    methods = templates.resources(template, "AWS::ApiGateway::Method")
    assert set(template["Resources"][name]["DependsOn"]) == set(methods)


def test_the_id_of_the_deployment_changes_with_the_api_and_with_nothing_else() -> None:
    before = templates.deployment_id(templates.written(REST))

    def after(resource: str, **properties: Any) -> str:
        template = templates.written(REST)
        template["Resources"][resource]["Properties"] |= properties
        return templates.deployment_id(template)

    assert after("ProcessCallbackGetMethod", AuthorizationType="AWS_IAM") != before
    assert after("ProcessCallbackResource", PathPart="answer") != before
    assert after("Api", BinaryMediaTypes=["*/*"]) != before
    assert after("Api", Name="another") == before
    assert after("ApiStage", Description="another") == before
    assert after("CreateUrls", MemorySize=512) == before


def test_no_link_can_come_into_a_log_or_trace_of_api_gateway() -> None:
    stage = templates.written(REST)["Resources"]["ApiStage"]["Properties"]
    http_stage = templates.written(REST)["Resources"]["HttpApiStage"]["Properties"]
    assert "AccessLogSetting" not in stage and "AccessLogSettings" not in http_stage
    [settings] = stage["MethodSettings"]
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    assert "LoggingLevel" not in http_stage["DefaultRouteSettings"]
    # What X-Ray keeps of a request to a stage has its URL, query and all.
    assert stage["TracingEnabled"] is False


def needed(template: dict[str, Any], name: str) -> set[str]:
    """All resources that CloudFormation makes before this one."""
    resources = template["Resources"]
    found: set[str] = set()
    todo = [name]
    while todo:
        it = resources[todo.pop()]
        own = it.get("DependsOn", [])
        named = set([own] if isinstance(own, str) else own)
        text = json.dumps({key: value for key, value in it.items() if key != "DependsOn"})
        named |= set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r'"Fn::GetAtt": \["(\w+)"', text))
        named |= set(re.findall(r"\$\{(\w+)(?:\.\w+)?\}", text))
        new = (named & set(resources)) - found
        found |= new
        todo += new
    return found


def test_a_stage_goes_over_to_functions_only_when_they_may_be_called() -> None:
    """Permissions that an update replaces are there before the stage changes, or visitors get 500."""
    template = templates.translated(REST)
    stage = needed(template, "ApiStage")
    assert {"CreateUrlsInvokePermission", "ProcessCallbackInvokePermission"} <= stage
    assert set(templates.resources(template, "AWS::ApiGateway::Method")) <= stage
    http = needed(template, "HttpApiStage")
    assert set(templates.resources(template, "AWS::ApiGatewayV2::Route")) <= http
    assert {"HttpApiInvokePermission", "HttpApiIntegration"} <= http
    for part in ("RestApiId", "ApiId"):
        for name, it in template["Resources"].items():
            if "Stage" in it["Type"] and part in it["Properties"]:
                missing = {
                    permission
                    for permission, its in templates.resources(template, "AWS::Lambda::Permission").items()
                    if f"${{{it['Properties'][part]['Ref']}}}" in json.dumps(its["Properties"]["SourceArn"])
                } - needed(template, name)
                assert not missing, (name, missing)


def test_links_point_to_an_http_api_once_its_stage_is_there() -> None:
    template = templates.translated(REST)
    assert "HttpApiStage" in needed(template, "CreateUrls")
    # Nothing needs itself.
    for name in template["Resources"]:
        assert name not in needed(template, name), name


def test_links_point_to_a_function_url_that_may_be_called() -> None:
    template = templates.translated(FUNCTION_URL)
    assert {
        "ProcessCallbackUrl",
        "ProcessCallbackUrlPermission",
        "ProcessCallbackUrlInvokePermission",
    } <= needed(template, "CreateUrls")


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_alarms_look_for_what_the_log_has(name: str) -> None:
    """Fields and values of the filters, in the tables of the log lines and of the codes."""
    lines = (ROOT / "docs/CONFIGURATION.md").read_text()
    codes = (ROOT / "docs/API.md").read_text()
    resolved = Resolved(templates.translated(name), {"AlarmTopicArn": templates.TOPIC})
    filters = resolved.resources("AWS::Logs::MetricFilter")
    assert len(filters) == 6
    metrics = set()
    for it in filters.values():
        compared = re.findall(r'\$\.([\w.\[\]]+) !?= "(\w+)"', it["FilterPattern"])
        assert compared and it["FilterPattern"].count("$") == len(compared)
        for field, value in compared:
            assert f"| `{field.split('.')[-1]}` |" in lines, field
            assert f"`{value}`" in (codes if field == "error" else lines), value
        metrics |= {(made["MetricNamespace"], made["MetricName"]) for made in it["MetricTransformations"]}
    alarms = resolved.resources("AWS::CloudWatch::Alarm").values()
    assert len(alarms) == 7 and all(it["AlarmActions"] == [templates.TOPIC] for it in alarms)
    read = {(it["Namespace"], it["MetricName"]) for it in alarms if "MetricName" in it}
    for part in (part for it in alarms for part in it.get("Metrics", []) if "MetricStat" in part):
        metric = part["MetricStat"]["Metric"]
        read.add((metric["Namespace"], metric["MetricName"]))
    assert metrics == {metric for metric in read if not metric[0].startswith("AWS/")}
    assert not Resolved(templates.translated(name), {}).resources("AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_parameter_is_described_labelled_and_in_one_group(name: str) -> None:
    template = templates.written(name)
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [it for group in interface["ParameterGroups"] for it in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])
    assert set(interface["ParameterLabels"]) == set(template["Parameters"])
    for parameter, declared in template["Parameters"].items():
        assert len(declared["Description"]) >= 30 and declared["Description"].endswith("."), parameter
        assert "Default" in declared, parameter
        # CloudFormation's limit is 4,000 characters; a console shows far less.
        assert len(declared["Description"]) <= 320, parameter


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_parameter_has_an_effect(name: str) -> None:
    template = templates.written(name)
    used = json.dumps([template[part] for part in ("Resources", "Outputs", "Conditions")])
    for parameter in template["Parameters"]:
        assert f'"Ref": "{parameter}"' in used, parameter


def test_parameters_and_outputs_of_version_1_are_there() -> None:
    template = templates.written(REST)
    for parameter in ("DisableEncryption", "EnableOutputParameters", "EnablePostActions", "VerboseLogging"):
        declared = template["Parameters"][parameter]
        assert (declared["Type"], declared["Default"]) == ("String", "false")
        assert sorted(declared["AllowedValues"]) == ["false", "true"]
    assert template["Parameters"]["EncryptionKeyArn"]["Default"] == "NONE"
    assert {"Api", "Function", "Policy"} <= set(template["Outputs"])
    assert template["Outputs"]["Function"]["Value"] == {"Ref": "CreateUrls"}


# What only a template with API Gateway has, and only one with a function URL.
ONLY_REST = re.compile(r"Api|HttpApi.*|ApiStage|ApiDeployment.*|.*(Resource|Method)|\w+InvokePermission")
ONLY_URL = re.compile(r"ProcessCallbackUrl(\w*Permission)?")


def test_the_templates_do_not_drift_apart() -> None:
    rest, url = (templates.written(name) for name in (REST, FUNCTION_URL))
    only_rest = {"Endpoint", "ThrottleRate", "ThrottleBurst"}
    assert url["Parameters"] == {k: v for k, v in rest["Parameters"].items() if k not in only_rest}
    assert url["Rules"] == rest["Rules"]
    assert url["Globals"] == rest["Globals"]
    assert url["Conditions"] == {k: v for k, v in rest["Conditions"].items() if k != "HasHttpApi"}
    interface = "AWS::CloudFormation::Interface"
    labels = rest["Metadata"][interface]["ParameterLabels"]
    assert url["Metadata"][interface]["ParameterLabels"] == {
        k: v for k, v in labels.items() if k not in only_rest
    }
    groups = copy.deepcopy(rest["Metadata"][interface]["ParameterGroups"])
    for group in groups:
        group["Parameters"] = [it for it in group["Parameters"] if it not in only_rest]
    assert url["Metadata"][interface]["ParameterGroups"] == groups
    # What the front door counts has other names.
    for resources in (rest["Resources"], url["Resources"]):
        for alarm in ("FrontDoorAlarm", "RefusalsAlarm"):
            resources[alarm]["Properties"]["Metrics"] = resources[alarm]["Properties"]["Metrics"][0]["Label"]
        resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][1].pop("FrontDoor")
    outputs = {k: v for k, v in rest["Outputs"].items() if k not in ("Api", "LinkBase")}
    assert {k: v for k, v in url["Outputs"].items() if k != "LinkBase"} == outputs

    for template, only in ((rest, ONLY_REST), (url, ONLY_URL)):
        for name in list(template["Resources"]):
            if only.fullmatch(name):
                del template["Resources"][name]
    # The base of the links and what must be there before it, and what the policy for callers grants and says.
    url["Resources"]["CreateUrls"].pop("DependsOn")
    for variable in ("BASE_URL", "API_ID", "STAGE"):
        rest["Resources"]["CreateUrls"]["Properties"]["Environment"]["Variables"].pop(variable)
        url["Resources"]["CreateUrls"]["Properties"]["Environment"]["Variables"].pop(variable, None)
    policy = rest["Resources"]["CreateUrlsPolicy"]["Properties"]
    assert policy["PolicyDocument"]["Statement"].pop()["Action"] == "execute-api:Invoke"
    del policy["Description"], url["Resources"]["CreateUrlsPolicy"]["Properties"]["Description"]
    assert url["Resources"] == rest["Resources"]


# What the Serverless Application Repository takes, of the kinds that somebody may want to add here.
SAR_TYPES = re.compile(
    r"AWS::(Serverless::Function|ApiGateway::\w+|ApiGatewayV2::\w+|KMS::(Key|Alias)|Logs::\w+|CloudWatch::(Alarm|Dashboard)"
    r"|SNS::\w+|StepFunctions::\w+|IAM::(Role|Policy|ManagedPolicy)|Lambda::(Permission|Version|Alias))"
)


def test_the_repository_of_applications_takes_the_template() -> None:
    template = templates.written(REST)
    for name, resource in template["Resources"].items():
        assert SAR_TYPES.fullmatch(resource["Type"]), name
        assert "FunctionUrlConfig" not in resource.get("Properties", {}), name
    about = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", about["Name"])
    assert len(about["Description"]) <= 256
    assert re.fullmatch(r"[a-z0-9](-?[a-z0-9]){0,126}", about["Author"])
    assert len(about["Labels"]) <= 10 and all(re.fullmatch(r"[\w+:/@-]{1,127}", it) for it in about["Labels"])
    # These cannot hold intrinsic functions.
    assert all(isinstance(value, str | list) for value in about.values())
    for name in TEMPLATES:
        # `default` is what the rest of the template is compared with; anchors are not YAML for CloudFormation.
        assert not re.search(r"(^|\s)[&*][A-Za-z]\w*\s*$", (ROOT / name).read_text(), re.MULTILINE)


def test_the_version_is_that_of_the_program() -> None:
    [version] = re.findall(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    template = templates.written(REST)
    assert template["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"] == version
    for name in TEMPLATES:
        assert f"(sfn-callback-urls {version})" in templates.written(name)["Description"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_functions_are_one_build(name: str) -> None:
    template = templates.written(name)
    functions = templates.resources(template, "AWS::Serverless::Function")
    assert {it["Properties"]["Handler"] for it in functions.values()} == {"create_urls", "process_callback"}
    build = {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": "sfn-callback-urls"}}
    for it in functions.values():
        assert (it["Properties"]["CodeUri"], it["Metadata"]) == (".", build)
    # The one setting for the processor, which scripts replace.
    assert (ROOT / name).read_text().count("\n    Architectures: [arm64]\n") == 1
    assert not any("Architectures" in it["Properties"] for it in functions.values())

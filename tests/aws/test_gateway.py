"""The application's own stack behind the gateway: its doors, what strangers get, and what a wrong value does."""

from __future__ import annotations

import json

import pytest

import events
import signature
from checks import APPROVE, STRAY, TRANSACTION, check_refused, created
from deployment import ROOT, Deployment
from gateway import Gateway
from jsonschema import validate
from runtime_api import FunctionDied

JSON = {"Content-Type": "application/json"}
REQUEST = {"token": STRAY, "actions": [APPROVE]}


@pytest.fixture(scope="module", params=["RestApi", "RestApiAndHttpApi"])
def deployed(request, application):
    return application(Endpoint=request.param)


@pytest.fixture(scope="module")
def gateway(deployed, aws, executable, tmp_path_factory):
    with Gateway(aws, executable, tmp_path_factory.mktemp("gateway"), deployed) as running:
        yield running


@pytest.fixture(scope="module")
def function_urls(aws, executable, tmp_path_factory):
    stack = Deployment(aws, ROOT / "template-function-url.yaml")
    with Gateway(aws, executable, tmp_path_factory.mktemp("function-url"), stack) as running:
        yield stack, running


# --- creating -----------------------------------------------------------------------------------------------


def test_a_signed_request_makes_links_that_point_to_the_stack(deployed, gateway):
    answer = _post_urls(deployed, gateway, REQUEST)
    assert answer.status == 200
    validate(answer.json(), created(["approve"]))
    link = answer.json()["urls"]["approve"]
    assert link.startswith(f"{deployed.outputs['LinkBase']}/respond?action=approve&type=success&data=3-")
    # It reaches ProcessCallback, which tells Step Functions; no task has this token.
    check_refused(gateway.request("GET", link), 400, "StepFunctionsError")


def test_a_direct_invocation_makes_the_same(deployed, aws, gateway):
    answer = aws.awslambda.invoke(FunctionName=deployed.outputs["Function"], Payload=json.dumps(REQUEST))
    assert "FunctionError" not in answer
    validate(json.load(answer["Payload"]), created(["approve"]))


@pytest.mark.parametrize("headers", [JSON, {**JSON, "Authorization": "Bearer x"}])
def test_a_request_without_a_signature_makes_nothing(deployed, gateway, headers):
    gateway.calls_of(deployed.outputs["Function"])
    answer = gateway.request("POST", f"{deployed.outputs['Api']}/urls", headers, json.dumps(REQUEST))
    assert answer.status == 403 and "error" not in answer.json()
    assert not gateway.calls_of(deployed.outputs["Function"])


@pytest.mark.parametrize("changed", ["body", "service", "date"])
def test_a_signature_of_something_else_makes_nothing(deployed, gateway, changed):
    url, body = f"{deployed.outputs['Api']}/urls", json.dumps(REQUEST)
    service = "lambda" if changed == "service" else "execute-api"
    headers = signature.signed(service, "POST", url, JSON, body)
    if changed == "date":
        headers["X-Amz-Date"] = "20200101T000000Z"
    gateway.calls_of(deployed.outputs["Function"])
    answer = gateway.request("POST", url, headers, body + " " if changed == "body" else body)
    assert answer.status == 403 and "error" not in answer.json()
    assert not gateway.calls_of(deployed.outputs["Function"])


# --- what is not in the template ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/urls"),
        ("PUT", "/respond"),
        ("GET", "/"),
        ("GET", "/respond/"),
        ("GET", "/respond/more"),
        ("GET", "/Respond"),
    ],
)
def test_a_rest_api_has_no_other_methods_and_paths(deployed, gateway, method, path):
    answer = gateway.request(method, deployed.outputs["Api"] + path)
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_a_rest_api_has_no_other_stage(deployed, gateway):
    answer = gateway.request("GET", deployed.outputs["Api"].removesuffix("v1") + "v2/respond")
    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/urls"), ("DELETE", "/respond"), ("GET", "/"), ("GET", "/v1/respond"), ("GET", "/respond/more")],
)
def test_an_http_api_has_no_other_routes(application, aws, executable, tmp_path, method, path):
    stack = application(Endpoint="RestApiAndHttpApi")
    with Gateway(aws, executable, tmp_path, stack) as gateway:
        answer = gateway.request(method, stack.outputs["LinkBase"] + path)
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


def test_the_old_address_answers_links_of_the_new_one(application, aws, executable, tmp_path):
    stack = application(Endpoint="RestApiAndHttpApi")
    with Gateway(aws, executable, tmp_path, stack) as gateway:
        link = _post_urls(stack, gateway, REQUEST).json()["urls"]["approve"]
        moved = link.replace(stack.outputs["LinkBase"], stack.outputs["Api"])
        assert moved != link
        check_refused(gateway.request("GET", moved), 400, "StepFunctionsError")


def test_without_its_permission_an_api_reaches_no_function(aws, executable, tmp_path):
    stack = Deployment(aws, ROOT / "template.yaml")
    with Gateway(aws, executable, tmp_path, stack) as gateway:
        url = f"{stack.outputs['Api']}/respond"
        check_refused(gateway.request("GET", url), 400, "InvalidPayload")
        name = stack.resources("AWS::Lambda::Function")["ProcessCallback"]
        for statement in json.loads(aws.awslambda.get_policy(FunctionName=name)["Policy"])["Statement"]:
            aws.awslambda.remove_permission(FunctionName=name, StatementId=statement["Sid"])
        assert gateway.request("GET", url).status == 500


# --- the function URL ---------------------------------------------------------------------------------------


def test_a_function_url_answers_links_and_makes_none(function_urls):
    stack, gateway = function_urls
    link = gateway.invoke(stack.outputs["Function"], REQUEST)["urls"]["approve"]
    assert link.startswith(f"{stack.outputs['LinkBase'].rstrip('/')}/respond?")
    check_refused(gateway.request("GET", link), 400, "StepFunctionsError")
    base = link.split("/respond")[0]
    for method, path, body in (("POST", "/urls", json.dumps(REQUEST)), ("GET", "/", None), ("GET", "/urls", None)):
        answer = gateway.request(method, base + path, JSON, body)
        assert answer.status >= 400 and "urls" not in answer.json()


# --- the wrong event ----------------------------------------------------------------------------------------


def test_a_request_for_links_sent_to_the_other_function(deployed, gateway, aws):
    name = deployed.resources("AWS::Lambda::Function")["ProcessCallback"]
    gateway.calls_of(name)
    answer = json.load(aws.awslambda.invoke(FunctionName=name, Payload=json.dumps(REQUEST))["Payload"])
    assert answer["error"] == "UnsupportedEvent" and "CreateUrls" in answer["message"]
    assert not gateway.calls_of(name)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({}, id="nothing"),
        pytest.param(None, id="null"),
        pytest.param("test", id="text"),
        pytest.param({"key1": "value1", "key2": "value2", "key3": "value3"}, id="the console's test event"),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="SQS"),
        pytest.param({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, id="EventBridge"),
        pytest.param({"warmer": True, "token": STRAY}, id="no actions"),
    ],
)
@pytest.mark.parametrize("logical_id", ["CreateUrls", "ProcessCallback"])
def test_events_of_something_else(deployed, gateway, aws, logical_id, event):
    name = deployed.resources("AWS::Lambda::Function")[logical_id]
    gateway.calls_of(name)
    answer = aws.awslambda.invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    body = json.load(answer["Payload"])
    assert body["error"] == ("InvalidJSON" if logical_id == "CreateUrls" else "UnsupportedEvent")
    assert body["message"] and not gateway.calls_of(name)


@pytest.mark.parametrize("door", [events.rest_api, events.http_api, events.function_url])
def test_http_requests_of_the_other_function(deployed, gateway, door):
    functions = deployed.resources("AWS::Lambda::Function")
    link = gateway.invoke(functions["CreateUrls"], REQUEST)["urls"]["approve"]
    link = link.replace(deployed.outputs["LinkBase"], deployed.outputs["Api"])
    for name, event in (
        (functions["CreateUrls"], door("GET", link)),
        (functions["ProcessCallback"], door("POST", f"{deployed.outputs['Api']}/urls", JSON, json.dumps(REQUEST))),
    ):
        gateway.calls_of(name)
        answer = events.Answer.of(gateway.function(name).invoke(event))
        assert answer.status >= 400 and answer.json()["error"] and answer.json()["message"]
        assert not gateway.calls_of(name)


# --- a wrong environment ------------------------------------------------------------------------------------

BROKEN = {
    "CreateUrls": {
        "BASE_URL": "ftp://links.example.com",
        "CONFIRM_ACTIONS": "maybe",
        "LOG_LEVEL": "LOUD",
        "MAX_LINK_LIFETIME": "3 days",
        "API_ID": "not an id",
        "STAGE": "v 1",
        "KEY_ID": "alias/links",
        "AUDIENCE": "two words",
        "ENABLE_OUTPUT_PARAMETERS": "yes",
        "ENABLE_POST_ACTIONS": "1",
        "DATA_KEY_MAX_AGE": "5m",
        "DATA_KEY_MAX_USES": "0",
        "VERBOSE_LOGGING": "on",
        "ENABLE_WAIT_CONDITIONS": "yes",
        "ENABLE_CUSTOM_RESOURCES": "on",
        "ENABLE_DURABLE_EXECUTIONS": "1",
        "ENABLE_CODEPIPELINE_APPROVALS": "True",
        "ENABLE_AUTOMATION_APPROVALS": "enabled",
        "MAC_KEY_ID": "alias/links",
        "METRICS": "on",
        "BRAND_COLOR": "blue",
        "BRAND_NAME": "x" * 1_000,
        "COMPACT_LINKS": "yes",
        "DELIVER_TOPIC_ARNS": "arn:aws:sqs:eu-west-1:123456789012:approvals",
        "DELIVER_IDENTITY_ARNS": "approvals@example.com",
        "DELIVER_EVENT_BUS_ARNS": "default",
        "DELIVER_SECRET_ARNS": "slack",
        "DELIVER_PARAMETER_ARNS": "/slack",
        "DELIVER_HOSTS": "https://hooks.example.com",
    },
    "ProcessCallback": {
        "BRAND_COLOR": "blue",
        "BRAND_NAME": "x" * 1_000,
        "CORS_ALLOW_ORIGIN": "app.example.com",
        "LOG_LEVEL": "LOUD",
        "KEY_ID": "alias/links",
        "DECRYPT_KEY_IDS": "alias/links",
        "AUDIENCE": "two words",
        "ENABLE_OUTPUT_PARAMETERS": "yes",
        "ENABLE_POST_ACTIONS": "1",
        "ACCEPT_LEGACY_URLS": "TRUE",
        "DECRYPT_CACHE_MAX_AGE": "-1",
        "ADDRESS_BUCKETS": "off",
        "VERBOSE_LOGGING": "on",
        "ENABLE_WAIT_CONDITIONS": "yes",
        "ENABLE_CUSTOM_RESOURCES": "on",
        "ENABLE_DURABLE_EXECUTIONS": "1",
        "ENABLE_CODEPIPELINE_APPROVALS": "True",
        "ENABLE_AUTOMATION_APPROVALS": "enabled",
        "MAC_KEY_ID": "alias/links",
        "METRICS": "on",
    },
}


@pytest.mark.parametrize("logical_id", list(BROKEN))
def test_every_variable_of_the_template_is_tried(deployed, aws, logical_id):
    function = deployed.resources("AWS::Lambda::Function")[logical_id]
    configuration = aws.awslambda.get_function_configuration(FunctionName=function)
    assert set(configuration["Environment"]["Variables"]) == set(BROKEN[logical_id])


@pytest.mark.parametrize(
    ("logical_id", "name", "value"),
    [(function, *broken) for function, values in BROKEN.items() for broken in values.items()],
)
def test_one_wrong_variable_is_named_at_the_start(deployed, gateway, logical_id, name, value):
    function = deployed.resources("AWS::Lambda::Function")[logical_id]
    with gateway.new_function(function, **{name: value}) as broken:
        with pytest.raises(FunctionDied):
            broken.invoke(REQUEST)
        [line] = [json.loads(line) for line in broken.log().splitlines()]
    assert line["level"] == "ERROR" and line["message"] == "The function cannot start."
    assert [problem.split(":")[0] for problem in line["problems"]] == [name]


def _post_urls(stack, gateway, request):
    url, body = f"{stack.outputs['Api']}/urls", json.dumps(request)
    return gateway.request("POST", url, signature.signed("execute-api", "POST", url, JSON, body), body)

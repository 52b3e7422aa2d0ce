"""Alarms: they fire on what the executable really wrote, read what there is, and docs/OPERATIONS.md tells of each."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import events
import log_filters
import templates
from checks import APPROVE, BEAT, STRAY
from deployment import ROOT, Deployment
from gateway import Gateway
from operations import OPERATIONS, metrics_table, published, section
from runtime_api import FunctionDied
from templates import REST, TEMPLATES, VARIANTS, Resolved, known

# ---------------------------------------------------------------- the language of filters


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ('{ $.a = "x" }', {"a": "x"}, True),
        ('{ $.a = "x" }', {"a": "y"}, False),
        ('{ $.a = "x" }', {}, False),
        ('{ $.a != "x" }', {"a": "y"}, True),
        ('{ $.a != "x" }', {}, False),
        ('{ $.a[0].b = "x" }', {"a": [{"b": "x"}]}, True),
        ('{ $.a[1].b = "x" }', {"a": [{"b": "x"}]}, False),
        ('{ $.a = "x" || $.b = "x" && $.c = "x" }', {"a": "x"}, True),
        ('{ ($.a = "x" || $.b = "x") && $.c = "x" }', {"a": "x"}, False),
        ('{ ($.a = "x" || $.b = "x") && $.c = "x" }', {"b": "x", "c": "x"}, True),
    ],
)
def test_filters_are_understood(pattern: str, line: dict, expected: bool) -> None:
    assert log_filters.matches(pattern, line) is expected


@pytest.mark.parametrize(
    "pattern", ["ERROR", "{ $.a }", '{ $.a = "x" && }', '{ ($.a = "x" }', '{ $.a = "x" ) }', "{ }"]
)
def test_what_is_no_filter_is_not_understood(pattern: str) -> None:
    with pytest.raises(AssertionError):
        log_filters.matches(pattern, {"a": "x"})


# ---------------------------------------------------------------- what the functions write


def assert_has_the_time(line: dict[str, Any]) -> None:
    """Under the name that Lambda looks for in lines of JSON, and in the form that it reads: RFC 3339."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", line["timestamp"])
    assert "time" not in line and list(line)[0] == "timestamp"


class Operated:
    """A deployed stack, and instances of its functions with other settings."""

    def __init__(self, aws, executable: Path, folder: Path, **parameters: str):
        self.deployment = Deployment(aws, ROOT / REST, **parameters)
        self.gateway = Gateway(aws, executable, folder, self.deployment)
        self.resolved = Resolved(templates.translated(REST), {**parameters, "AlarmTopicArn": templates.TOPIC})

    def link(self, action: dict = BEAT) -> str:
        request = {"token": STRAY, "actions": [action]}
        return self.gateway.invoke(self.deployment.outputs["Function"], request)["urls"][action["name"]]

    def lines(self, function: str, *sent: Any, **changed: str) -> list[dict[str, Any]]:
        """What a new instance of a function writes on these events."""
        name = self.deployment.resources("AWS::Lambda::Function")[function]
        with self.gateway.new_function(name, **changed) as instance:
            for event in sent:
                instance.invoke(event)
            lines = [json.loads(line) for line in instance.log().splitlines()]
        for line in lines:
            if "level" in line:
                assert_has_the_time(line)
        return lines

    def counted(self, function: str, lines: list[dict[str, Any]]) -> dict[str, int]:
        """What the filters of a function's log group make of its lines: metrics and their sums."""
        group = self.resolved.value({"Ref": f"{function}LogGroup"})
        counts: dict[str, int] = {}
        for it in self.resolved.resources("AWS::Logs::MetricFilter").values():
            if it["LogGroupName"] == group:
                found = sum(log_filters.matches(it["FilterPattern"], line) for line in lines)
                for made in it["MetricTransformations"]:
                    counts[made["MetricName"]] = counts.get(made["MetricName"], 0) + found * int(
                        made["MetricValue"]
                    )
        return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="module", params=["false", "true"], ids=["metrics off", "metrics on"])
def operated(request, aws, executable, tmp_path_factory) -> Iterator[Operated]:
    operated = Operated(aws, executable, tmp_path_factory.mktemp("operated"), EnableMetrics=request.param)
    with operated.gateway:
        yield operated


def visit(url: str) -> dict[str, Any]:
    """The event of a REST API for a link."""
    return events.rest_api("GET", url)


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes requests and hangs up without an answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)

    thread = threading.Thread(target=hang_up)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/0f0e0d0c-0b0a-4908-8706-050403020100"
REQUEST = {"token": STRAY, "actions": [APPROVE]}


def test_nothing_fires_while_all_is_well(operated: Operated) -> None:
    create = operated.lines("CreateUrls", REQUEST, REQUEST)
    assert [line["outcome"] for line in create] == ["created"] * 2
    assert operated.counted("CreateUrls", create) == {}


def test_a_refused_request_for_links_is_an_alarm_and_a_refused_link_is_none(operated: Operated) -> None:
    refused = operated.lines("CreateUrls", {"token": STRAY, "actions": []}, REQUEST)
    assert operated.counted("CreateUrls", refused) == {"CreationsRefused": 1}
    url = operated.link()
    process = operated.lines("ProcessCallback", visit(url), visit(url[:-9]))
    assert [line["outcome"] for line in process] == ["refused"] * 2
    assert operated.counted("ProcessCallback", process) == {}


def test_a_key_that_cannot_be_used_is_an_alarm_of_both_functions(
    operated: Operated, closed_port: str
) -> None:
    url = operated.link()
    create = operated.lines("CreateUrls", REQUEST, KEY_ID=OTHER_KEY)
    assert operated.counted("CreateUrls", create) == {
        "ErrorLines": 1,
        "KeyUnavailable": 1,
        "CreationsRefused": 1,
    }
    for changed in ({"KEY_ID": OTHER_KEY}, {"AWS_ENDPOINT_URL_KMS": closed_port}):
        process = operated.lines("ProcessCallback", visit(url), **changed)
        assert operated.counted("ProcessCallback", process) == {"ErrorLines": 1, "KeyUnavailable": 1}, process


@pytest.fixture(scope="module")
def compact(aws, executable, tmp_path_factory) -> Iterator[Operated]:
    operated = Operated(aws, executable, tmp_path_factory.mktemp("compact"), CompactLinks="true")
    with operated.gateway:
        yield operated


def test_an_hmac_key_that_cannot_be_used_is_an_alarm_of_both_functions(
    compact: Operated, closed_port: str
) -> None:
    url = compact.link()
    create = compact.lines("CreateUrls", REQUEST, MAC_KEY_ID=OTHER_KEY)
    assert create[0]["calls"][0]["operation"] == "GenerateMac"
    assert compact.counted("CreateUrls", create)["KeyUnavailable"] == 1
    for changed in ({"MAC_KEY_ID": OTHER_KEY}, {"AWS_ENDPOINT_URL_KMS": closed_port}):
        process = compact.lines("ProcessCallback", visit(url), **changed)
        assert process[0]["calls"][0]["operation"] == "GenerateMac"
        assert compact.counted("ProcessCallback", process) == {"ErrorLines": 1, "KeyUnavailable": 1}, process
    # The key is all right, and the task is not told.
    process = compact.lines("ProcessCallback", visit(url), AWS_ENDPOINT_URL_SFN=closed_port)
    assert compact.counted("ProcessCallback", process) == {"ErrorLines": 1}, process


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("operation", ["Decrypt", "GenerateMac"])
@pytest.mark.parametrize(
    ("error", "outcomes", "fires"),
    [
        ("ServiceUnavailable", ["DisabledException"], True),
        ("ServiceUnavailable", ["KMSInvalidStateException"], True),
        ("ServiceUnavailable", ["AccessDeniedException"], True),
        ("ServiceUnavailable", ["timeout"], True),
        ("ServiceUnavailable", ["ok"], False),
        ("KeyDeleted", ["KMSInvalidStateException"], True),
        ("InvalidPayload", ["InvalidCiphertextException"], False),
        ("TooManyRequests", [], False),
        ("ServiceUnavailable", [], False),
    ],
)
def test_the_alarm_of_the_key_looks_at_the_call_that_gives_the_data_key(
    name: str, operation: str, error: str, outcomes: list[str], fires: bool
) -> None:
    made = Resolved(templates.translated(name), {"AlarmTopicArn": templates.TOPIC}).resources(
        "AWS::Logs::MetricFilter"
    )
    calls = [{"operation": operation, "outcome": outcome} for outcome in outcomes]
    calls += [{"operation": "SendTaskSuccess", "outcome": "timeout"}]
    line = {"error": error, "calls": calls}
    assert log_filters.matches(made["ProcessCallbackKeyUnavailable"]["FilterPattern"], line) is fires


def test_an_answer_that_nobody_confirmed_is_an_alarm(operated: Operated, silent: str) -> None:
    process = operated.lines("ProcessCallback", visit(operated.link()), AWS_ENDPOINT_URL_SFN=silent)
    assert process[0]["sent"] == "unknown", process
    assert operated.counted("ProcessCallback", process) == {"ErrorLines": 1, "UnconfirmedAnswers": 1}


def test_an_answer_that_was_not_sent_is_none_of_these(operated: Operated, closed_port: str) -> None:
    process = operated.lines("ProcessCallback", visit(operated.link()), AWS_ENDPOINT_URL_SFN=closed_port)
    assert process[0]["sent"] == "not_sent", process
    assert operated.counted("ProcessCallback", process) == {"ErrorLines": 1}


def test_a_function_that_cannot_start_is_an_alarm(operated: Operated) -> None:
    name = operated.deployment.resources("AWS::Lambda::Function")["CreateUrls"]
    instance = operated.gateway.new_function(name, METRICS="yes", LOG_LEVEL="ERROR")
    with pytest.raises(FunctionDied):
        with instance:
            instance.invoke(REQUEST)
    [line] = [json.loads(line) for line in instance.log().splitlines()]
    assert line["problems"] == ["METRICS: must be true or false"]
    assert_has_the_time(line)
    assert operated.counted("CreateUrls", [line]) == {"ErrorLines": 1}


@pytest.mark.parametrize("level", ["WARN", "ERROR"])
def test_what_the_operator_must_mend_is_an_alarm_at_every_level(operated: Operated, level: str) -> None:
    create = operated.lines("CreateUrls", REQUEST, KEY_ID=OTHER_KEY, LOG_LEVEL=level)
    assert operated.counted("CreateUrls", create) == {
        "ErrorLines": 1,
        "KeyUnavailable": 1,
        "CreationsRefused": 1,
    }


def test_metrics_are_written_if_the_parameter_says_so(operated: Operated) -> None:
    lines = operated.lines("CreateUrls", REQUEST, {"token": STRAY, "actions": []})
    if operated.resolved.environment("CreateUrls")["METRICS"] == "false":
        assert not any("_aws" in line for line in lines)
        return
    name = operated.deployment.outputs["Function"]
    table = metrics_table()
    seen = set()
    for line in lines:
        for directive in line["_aws"]["CloudWatchMetrics"]:
            [dimensions] = directive["Dimensions"]
            assert directive["Namespace"] == "sfn-callback-urls" and line["FunctionName"] == name
            for metric in directive["Metrics"]:
                assert metric["Name"] in line and all(dimension in line for dimension in dimensions)
                seen.add((metric["Name"], tuple(dimensions)))
        # docs/OPERATIONS.md: about 0.4 KB.
        added = {key: value for key, value in line.items() if key == "_aws" or key[0].isupper()}
        assert 350 <= len(json.dumps(added, separators=(",", ":"))) <= 480
    assert seen <= table
    assert {("Links", ("FunctionName",)), ("Refused", ("FunctionName", "Code"))} <= seen


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_page_tells_of_each_alarm(name: str) -> None:
    made = Resolved(templates.translated(name), {"AlarmTopicArn": templates.TOPIC}).resources(
        "AWS::CloudWatch::Alarm"
    )
    alarms = section(OPERATIONS, "## Alarms")
    headings = re.findall(r"^### `(\w+)`$", alarms, re.MULTILINE)
    assert set(headings) == set(made)
    assert headings == re.findall(r"^\| `(\w+Alarm)` \|", alarms, re.MULTILINE)


def seconds(alarm: dict[str, Any]) -> int:
    periods = {it["MetricStat"]["Period"] for it in alarm.get("Metrics", []) if "MetricStat" in it} or {
        alarm["Period"]
    }
    [period] = periods
    return period * alarm["EvaluationPeriods"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_page_tells_the_times_of_the_alarms(name: str) -> None:
    made = Resolved(templates.translated(name), {"AlarmTopicArn": templates.TOPIC}).resources(
        "AWS::CloudWatch::Alarm"
    )
    for alarm, when in re.findall(
        r"^\| `(\w+Alarm)` \| within ([\w ]+),", section(OPERATIONS, "## Alarms"), re.MULTILINE
    ):
        minutes = {"a minute": 1}.get(when) or int(when.removesuffix(" minutes"))
        assert seconds(made.pop(alarm)) == 60 * minutes, alarm
    assert not made


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_alarms_of_expressions_name_what_they_read(name: str, variant: dict[str, str]) -> None:
    for alarm, it in (
        Resolved(templates.translated(name), known(name, variant)).resources("AWS::CloudWatch::Alarm").items()
    ):
        queries = it.get("Metrics", [])
        ids = {query["Id"] for query in queries}
        used = {word for query in queries for word in re.findall(r"\b[a-z]\w*", query.get("Expression", ""))}
        returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
        if queries:
            assert len(returned) == 1 and used | set(returned) == ids, alarm
            assert all(
                published(query["MetricStat"]["Metric"]) for query in queries if "MetricStat" in query
            ), alarm


def test_the_costs_of_the_alarms_are_those_of_the_template() -> None:
    costs = section((ROOT / "docs/DEPLOYING.md").read_text(), "## Costs")
    for endpoint in ("RestApi", "RestApiAndHttpApi"):
        resolved = Resolved(
            templates.translated(REST), {"AlarmTopicArn": templates.TOPIC, "Endpoint": endpoint}
        )
        alarms = resolved.resources("AWS::CloudWatch::Alarm").values()
        read = sum(
            sum("MetricStat" in query for query in it["Metrics"]) if "Metrics" in it else 1 for it in alarms
        )
        metrics = {
            made["MetricName"]
            for it in resolved.resources("AWS::Logs::MetricFilter").values()
            for made in it["MetricTransformations"]
        }
        if endpoint == "RestApi":
            assert f"{read} metrics that alarms read, at $0.10 = ${read / 10:.2f}" in costs
        else:
            assert f"`Endpoint=RestApiAndHttpApi` {read} = ${read / 10:.2f}" in costs
        assert (
            f"{len(metrics)} metrics that filters make of the log, at $0.30 = ${len(metrics) * 0.3:.2f}"
            in costs
        )


def test_the_costs_of_the_metrics_are_right() -> None:
    text = " ".join(section(OPERATIONS, "## Metrics").split())
    known_names = {name for name, _ in metrics_table()}
    total = 0
    for function in ("CreateUrls", "ProcessCallback"):
        [(listed, count)] = re.findall(rf"\* {function}: (.*?) = (\d+)[;,]", text)
        names = re.findall(r"`(\w+)`", listed)
        assert set(names) <= known_names and len(names) + (5 if "5 by code" in listed else 0) == int(count)
        total += int(count)
    assert f"so {total} × $0.30 = ${total * 0.3:.2f} a month" in text
    costs = " ".join(section((ROOT / "docs/DEPLOYING.md").read_text(), "## Costs").split())
    assert f"about {total} metrics at $0.30 = ${total * 0.3:.2f}" in costs

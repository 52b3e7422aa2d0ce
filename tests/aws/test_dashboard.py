"""The dashboard shows what there is, and the queries of docs/OPERATIONS.md ask for what the log has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

import templates
from operations import API, CONFIGURATION, OPERATIONS, PUBLISHED, metrics_table, section
from templates import TEMPLATES, VARIANTS, Resolved, known

# ---------------------------------------------------------------- the dashboard


def shown(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric of a dashboard, also of those that are searched."""
    for widget in widgets:
        for metric in widget["properties"].get("metrics", []):
            [first, *rest] = [it for it in metric if isinstance(it, str)] or [None]
            if first is None:
                [(keys, wanted, name)] = re.findall(
                    r"^SEARCH\('\{([^}]*)\} (.*) MetricName=\"(\w+)\"', 'Sum', \d+\)$",
                    metric[0]["expression"],
                )
                namespace, *dimensions = (key.strip('"') for key in keys.split(","))
                yield (
                    namespace,
                    name,
                    dict.fromkeys(dimensions) | dict(re.findall(r'(\w+)="([^"]+)"', wanted)),
                )
            else:
                yield first, rest[0], dict(zip(rest[1::2], rest[2::2], strict=True))


def dashboard(name: str, variant: dict[str, str]) -> tuple[Resolved, list[dict[str, Any]]]:
    resolved = Resolved(templates.translated(name), known(name, variant) | {"EnableDashboard": "true"})
    [made] = resolved.resources("AWS::CloudWatch::Dashboard").values()
    assert made["DashboardName"] == "stack-eu-west-1"
    return resolved, json.loads(made["DashboardBody"])["widgets"]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_dashboard_shows_what_there_is(name: str, variant: dict[str, str]) -> None:
    resolved, widgets = dashboard(name, variant)
    functions = {resolved.value({"Ref": name}) for name in ("CreateUrls", "ProcessCallback")}
    values = {"FunctionName": functions, "ApiName": {"stack"}, "Stage": {"v1"}, "Code": {None}}
    if known(name, variant).get("Endpoint") == "RestApiAndHttpApi":
        values["ApiId"] = {resolved.value({"Ref": "HttpApi"})}
    own = set()
    for namespace, metric, dimensions in shown(widgets):
        for dimension, value in dimensions.items():
            assert value in values[dimension], (metric, dimension, value)
        if namespace == "sfn-callback-urls":
            own.add((metric, tuple(dimensions)))
        else:
            assert metric in PUBLISHED[namespace][tuple(dimensions)], metric
    assert own == (metrics_table() if known(name, variant).get("EnableMetrics") == "true" else set())
    alarms = [it["properties"]["alarms"] for it in widgets if it["type"] == "alarm"]
    wanted = {
        resolved.value({"Fn::GetAtt": [it, "Arn"]}) for it in resolved.resources("AWS::CloudWatch::Alarm")
    }
    assert [set(it) for it in alarms] == ([wanted] if wanted else [])


def label(metric: list[Any]) -> str:
    """What is shown beside the line of a metric."""
    options = metric[-1] if isinstance(metric[-1], dict) else {}
    return options.get("label") or metric[1]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_dashboard_is_one_page_without_holes(name: str, variant: dict[str, str]) -> None:
    _, widgets = dashboard(name, variant)
    taken: set[tuple[int, int]] = set()
    for it in widgets:
        assert set(it) == {"type", "x", "y", "width", "height", "properties"}
        place = {
            (x, y)
            for x in range(it["x"], it["x"] + it["width"])
            for y in range(it["y"], it["y"] + it["height"])
        }
        assert not place & taken and it["x"] + it["width"] <= 24
        taken |= place
        properties = it["properties"]
        if it["type"] in ("metric", "log"):
            assert properties["region"] == "eu-west-1" and properties["title"]
        if it["type"] == "metric":
            labels = [label(metric) for metric in properties["metrics"]]
            assert len(set(labels)) == len(labels), labels
    rows = {y for _, y in taken}
    assert all(sum(y == row for _, y in taken) == 24 for row in rows)


def test_no_stack_has_a_dashboard_unasked() -> None:
    for name in TEMPLATES:
        assert not Resolved(templates.translated(name), {}).resources("AWS::CloudWatch::Dashboard")


# ---------------------------------------------------------------- queries

WORDS = {
    *("fields", "filter", "stats", "sort", "limit", "by", "as", "asc", "desc", "and", "or", "not", "like"),
    *("count", "pct", "bin", "ispresent", "requests", "half", "most", "received"),
}
# Lambda's name for the time of a line, and the one of earlier builds.
TIME = "coalesce(timestamp, time)"


def log_fields() -> set[str]:
    """The fields of a line, and of those that are not of a request."""
    rows = re.findall(r"^\| `(\w+)` \|", section(CONFIGURATION, "## Log lines"), re.MULTILINE)
    return set(rows) | {"problems", "at"}


def queries() -> list[str]:
    found = re.findall(r"^```text\n(.*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)
    bodies = [json.loads(json.dumps(dashboard(name, {})[1])) for name in TEMPLATES]
    return found + [it["properties"]["query"] for widgets in bodies for it in widgets if it["type"] == "log"]


def faults(query: str) -> list[str]:
    """Words of a query that are neither of the language nor a field, and values that no line has."""
    query = re.sub(r"SOURCE '[^']*' \|", "", query).replace(f"{TIME} as", "")
    found = []
    for field, value in re.findall(r"""(\w+) = ["']([^"']*)["']""", query):
        documented = API if field == "error" else CONFIGURATION
        if f"`{value}`" not in documented and not re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", value):
            found.append(f"{field}: no such value as {value}")
    plain = re.sub(r"""["'][^"']*["']|@\w+|\b\d+\w?""", " ", query)
    return found + [word for word in re.findall(r"[a-zA-Z_]\w*", plain) if word not in WORDS | log_fields()]


def test_queries_ask_for_what_the_log_has() -> None:
    assert len(queries()) >= 10
    for query in queries():
        assert faults(query) == [], query


def test_queries_that_show_lines_show_when_they_were_written() -> None:
    shown = [query for query in queries() if re.search(r"\bfields\b", query)]
    assert len(shown) >= 8
    for query in shown:
        assert f"fields {TIME} as received, " in query, query
        assert re.search(r"sort (received|@timestamp) ", query), query


@pytest.mark.parametrize(
    "query",
    [
        "fields timestamp, transaction",
        "fields time, outcome",
        "fields coalesce(time, timestamp) as received, outcome",
        'filter outcome = "done"',
        'filter error = "KeyUnavailable"',
        "fields timestamp | stats sum(duration_ms) by error",
        'filter sent = "maybe"',
    ],
)
def test_the_check_of_queries_finds_faults(query: str) -> None:
    assert faults(query)

"""What docs/OPERATIONS.md and the templates say of alarms, metrics and the dashboard, for the tests of both."""

from __future__ import annotations

import re
from typing import Any

from deployment import ROOT

OPERATIONS = (ROOT / "docs/OPERATIONS.md").read_text()
CONFIGURATION = (ROOT / "docs/CONFIGURATION.md").read_text()
API = (ROOT / "docs/API.md").read_text()


def section(text: str, heading: str) -> str:
    """A section with those below it, without its heading."""
    level = len(heading) - len(heading.lstrip("#"))
    return re.split(rf"^#{{1,{level}}} ", text.split(f"\n{heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def metrics_table() -> set[tuple[str, tuple[str, ...]]]:
    """Name and dimensions of each metric that the program writes; src/metrics.rs compares the table with the code."""
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| ([^|]+) \|", section(OPERATIONS, "## Metrics"), re.MULTILINE)
    return {(name, tuple(re.findall(r"`(\w+)`", dimensions))) for name, dimensions in rows}


# What AWS publishes, of what is used here, with the dimensions under which it does.
PUBLISHED = {
    "AWS/Lambda": {
        ("FunctionName",): {
            "Invocations",
            "Errors",
            "Throttles",
            "Duration",
            "ConcurrentExecutions",
            "UrlRequestCount",
            "Url4xxCount",
            "Url5xxCount",
            "UrlRequestLatency",
        }
    },
    "AWS/ApiGateway": {
        ("ApiName", "Stage"): {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
        ("ApiId",): {"Count", "4xx", "5xx", "Latency", "IntegrationLatency"},
    },
}


def published(metric: dict[str, Any]) -> bool:
    """Whether AWS publishes a metric, or a filter of the stack makes it."""
    dimensions = tuple(it["Name"] for it in metric.get("Dimensions", []))
    if metric["Namespace"] == "sfn-callback-urls/stack":
        return dimensions == ()
    return metric["MetricName"] in PUBLISHED.get(metric["Namespace"], {}).get(dimensions, set())

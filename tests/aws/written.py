"""What the executable may write: lines of JSON of its own, and metrics whose names and dimensions are known beforehand.

Metrics are paid for by name and dimensions, and are seen by people who may not see the log. So nothing of a request may
be in either. What there is stands in docs/OPERATIONS.md and docs/API.md; tests of the executable hold them to the code.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from deployment import ROOT

NAMESPACE = "sfn-callback-urls"


def faults(outputs: dict[str, bytes]) -> list[str]:
    """What is wrong with the lines of some functions. The names of functions have a number in front."""
    return [
        f"{name}, line {number}: {fault}"
        for name, output in outputs.items()
        for number, line in enumerate(output.splitlines(), 1)
        for fault in faults_of(line, name.split(" ", 1)[1])
    ]


def faults_of(line: bytes, function: str) -> list[str]:
    """What is wrong with a line. Nothing of the line is repeated."""
    try:
        fields = json.loads(line)
    except ValueError:
        return ["no JSON"]
    if not isinstance(fields, dict) or not ("level" in fields or "_aws" in fields):
        return ["neither a line of the log nor metrics"]
    directives = fields.get("_aws", {}).get("CloudWatchMetrics", [])
    return [fault for directive in directives for fault in _faults_of_metrics(directive, fields, function)]


def _faults_of_metrics(directive: dict[str, Any], fields: dict[str, Any], function: str) -> list[str]:
    found = []
    if directive["Namespace"] != NAMESPACE:
        found.append("another namespace")
    for metric in directive["Metrics"]:
        for dimensions in directive["Dimensions"]:
            if (metric["Name"], metric["Unit"], tuple(dimensions)) not in metrics():
                found.append("a metric that is not in docs/OPERATIONS.md")
            if "FunctionName" in dimensions and fields["FunctionName"] != function:
                found.append("a dimension FunctionName that is not the function's")
            if "Code" in dimensions and fields["Code"] not in codes():
                found.append("a dimension Code that is not in docs/API.md")
        values = fields[metric["Name"]]
        if not all(type(value) in (int, float) for value in (values if isinstance(values, list) else [values])):
            found.append("a value that is no number")
    return found


@cache
def metrics() -> set[tuple[str, str, tuple[str, ...]]]:
    """Name, unit and dimensions of all metrics."""
    text = (ROOT / "docs/OPERATIONS.md").read_text().split("\n## Metrics\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \|", text, re.MULTILINE)
    return {(name, unit, tuple(re.findall(r"`(\w+)`", dimensions))) for name, unit, dimensions in rows}


@cache
def codes() -> set[str]:
    """The codes of all refusals."""
    rows = re.findall(r"^\| `([A-Z]\w+)` \| [0-9]{3} \|", (ROOT / "docs/API.md").read_text(), re.MULTILINE)
    return set(rows)

"""Metric filters of CloudWatch Logs: as much of the language of JSON patterns as the templates use."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r'\s*(?:(\(|\)|&&|\|\|)|(\$[\w.\[\]]+)\s*(!?=)\s*"([^"]*)")')


def matches(pattern: str, line: Any) -> bool:
    """Whether a line of the log, as parsed JSON, is one that the filter counts."""
    inner = re.fullmatch(r"\{(.*)\}", pattern.strip(), re.DOTALL)
    assert inner, f"no pattern for JSON: {pattern}"
    rest = _tokens(inner[1])
    value = _either(rest, line)
    assert not rest, f"more than a condition: {pattern}"
    return value


def _tokens(text: str) -> list[tuple[str, str, str, str]]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        assert token, f"not understood: {text[at:]}"
        tokens.append(tuple(part or "" for part in token.groups()))
        at = token.end()
    return tokens


def _either(rest: list, line: Any) -> bool:
    value = _both(rest, line)
    while rest and rest[0][0] == "||":
        rest.pop(0)
        value = _both(rest, line) or value
    return value


def _both(rest: list, line: Any) -> bool:
    value = _one(rest, line)
    while rest and rest[0][0] == "&&":
        rest.pop(0)
        value = _one(rest, line) and value
    return value


def _one(rest: list, line: Any) -> bool:
    assert rest, "a condition is missing"
    sign, path, operator, wanted = rest.pop(0)
    if sign == "(":
        value = _either(rest, line)
        assert rest and rest.pop(0)[0] == ")", "a bracket is open"
        return value
    assert path, f"a condition, not {sign}"
    found = _at(line, path)
    # A field that is not there is neither equal nor different.
    return found is not None and (found == wanted) == (operator == "=")


def _at(value: Any, path: str) -> Any:
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        if name:
            value = value.get(name) if isinstance(value, dict) else None
        else:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
    return value

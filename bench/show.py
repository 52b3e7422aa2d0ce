"""Figures of bench/run as a Markdown table and as a plot."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

Subject = dict[str, Any]

BEGIN, END = "<!-- written by bench/run --docs -->", "<!-- until here -->"
MISSING = "–"


def at(subject: Subject, path: str) -> Any:
    """The figure of this path, or None if it was not measured."""
    value: Any = subject
    for name in path.split("."):
        value = (value or {}).get(name)
    return value


def number(value: float, digits: int | None = None) -> str:
    if digits is None:
        digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def spread(path: str) -> Callable[[Subject], str | None]:
    def cell(subject: Subject) -> str | None:
        it = at(subject, path)
        if not it:
            return None
        return number(it["median"]) + (f" ({number(it['p90'])})" if "p90" in it else "")

    return cell


def percentiles(path: str) -> Callable[[Subject], str | None]:
    def cell(subject: Subject) -> str | None:
        it = at(subject, path)
        return f"{number(it['p50'])} ({number(it['p99'])})" if it and "p50" in it else None

    return cell


def plain(path: str, divisor: float = 1, digits: int | None = None) -> Callable[[Subject], str | None]:
    def cell(subject: Subject) -> str | None:
        it = at(subject, path)
        return None if it is None else number(it / divisor, digits)

    return cell


# What a row says, and in the last column what is wanted.
ROWS: list[tuple[str, Callable[[Subject], str | None], str]] = [
    ("start of create, until it asks for an event: median (p90), ms", spread("create.ready"), ""),
    ("start of create, until its first answer, ms", spread("create.first_answer"), "10"),
    ("start of process, until it asks for an event, ms", spread("process.ready"), ""),
    ("start of process, until its first answer, ms", spread("process.first_answer"), "10"),
    ("CPU time of create up to its first answer, ms", spread("create.cpu"), ""),
    ("CPU time of process up to its first answer, ms", spread("process.cpu"), ""),
    ("create, 2 links, warm: p50 (p99), ms", percentiles("create_two"), ""),
    ("create, 5 links, warm, ms", percentiles("create_five"), ""),
    ("callback, warm, ms", percentiles("callback"), ""),
    ("requests for 5 links that one instance answers in a second", plain("create_five.per_second", 1, 0), ""),
    ("callbacks that one instance answers in a second", plain("callback.per_second", 1, 0), ""),
    ("CPU seconds for 1,000 requests for 5 links", plain("create_five.cpu_seconds_per_1000"), "0.3"),
    ("CPU seconds for 1,000 callbacks", plain("callback.cpu_seconds_per_1000"), "0.4"),
    ("KMS calls for a request for 2 links", plain("create_two.kms_calls", 1, 3), "0.02"),
    ("KMS calls for a callback", plain("callback.kms_calls", 1, 3), "0.5"),
    ("peak memory, MiB", plain("peak_memory_kib", 1024, 1), "12"),
    ("code, unpacked, MB", plain("bytes", 1e6, 2), ""),
    ("zip, MB", plain("zip_bytes", 1e6, 2), "2.5"),
    ("characters of an approve link, token of 712 characters", plain("link_characters", 1, 0), ""),
]


def table(result: dict[str, Any], published: Subject | None = None) -> str:
    subjects = [*result["subjects"], *([published] if published else [])]
    lines = [
        f"Measured on {result['when']}: {result['machine']['processor']}, {result['machine']['cores']} cores,"
        f" {result['machine']['system']}, load {result['machine']['load']} at the end; {result['starts']} starts of"
        f" each role, {result['calls']:,} calls of each kind. KMS answered after {result['kms_latency']} ms and Step"
        f" Functions after {result['states_latency']} ms.",
        "",
        "| | " + " | ".join(escape(it["label"]).replace("|", "\\|") for it in subjects) + " | wanted, at most |",
        "|---|" + "---:|" * (len(subjects) + 1),
    ]
    for name, cell, wanted in ROWS:
        cells = [cell(subject) or MISSING for subject in subjects]
        lines.append(f"| {name} | {' | '.join(cells)} | {wanted} |")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the plot

PANELS = [
    ("First answer of process after its start, ms", "process.first_answer.median", 1.0),
    ("CPU seconds for 1,000 callbacks", "callback.cpu_seconds_per_1000", 1.0),
    ("CPU seconds for 1,000 requests for 5 links", "create_five.cpu_seconds_per_1000", 1.0),
    ("Peak memory, MiB", "peak_memory_kib", 1024.0),
    ("Zip, MB", "zip_bytes", 1e6),
]
# Of equal lightness steps, told apart without colours too: the bars have their names beside them.
COLOURS = ["#0b5cad", "#b35900", "#5b6770", "#7a1fa2"]
WIDTH, BAR, LABEL, VALUE = 760, 18, 220, 70


def plot(result: dict[str, Any], published: Subject | None = None) -> str:
    subjects = [*result["subjects"], *([published] if published else [])]
    marks: list[str] = []
    y = 10
    for title, path, divisor in PANELS:
        y += 20
        marks.append(f'<text x="10" y="{y}" font-weight="bold">{escape(title)}</text>')
        y += 8
        values = [(it["label"], at(it, path)) for it in subjects]
        longest = max((value for _, value in values if value is not None), default=0) or 1
        for place, (label, value) in enumerate(values):
            middle = y + BAR * 0.7
            marks.append(f'<text x="{LABEL}" y="{middle:.0f}" text-anchor="end">{escape(label)}</text>')
            length = 0 if value is None else max(1.0, value / longest * (WIDTH - LABEL - VALUE))
            colour = COLOURS[place % len(COLOURS)]
            marks.append(
                f'<rect x="{LABEL + 8}" y="{y + 2}" width="{length:.1f}" height="{BAR - 4}" fill="{colour}"/>'
            )
            text = MISSING if value is None else number(value / divisor)
            marks.append(f'<text x="{LABEL + 14 + length:.1f}" y="{middle:.0f}">{text}</text>')
            y += BAR
    height = y + 14
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' font-family="sans-serif" font-size="13" role="img" aria-label="Shorter bars are better">',
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            *marks,
            "</svg>\n",
        ]
    )


# ---------------------------------------------------------------- the documents


def into_docs(result: dict[str, Any], docs: Path, published: Subject) -> None:
    document = docs / "PERFORMANCE.md"
    text = document.read_text()
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(between.findall(text)) != 1:
        raise SystemExit(f"bench/run: {document} must have one {BEGIN} … {END}, where the table goes")
    body = f"{BEGIN}\n{table(result, published)}\n![The same as bars](performance.svg)\n{END}"
    document.write_text(between.sub(lambda _: body, text))
    (docs / "performance.svg").write_text(plot(result, published))
    (docs / "performance.json").write_text(json.dumps(result, indent=2) + "\n")

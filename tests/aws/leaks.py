"""Nothing secret may be in what the executable writes, whichever test it ran for.

Every event and every answer passes `Function.invoke_raw`. The task tokens and links in them are remembered for the whole
run, and when it ends, they are looked for in everything that every process has written: also in what a process wrote
that never saw them itself. `conftest.py` has the check.
"""

from __future__ import annotations

import re

# Secrets are recognised by pieces of this length, wherever they were cut.
PIECE = 24
_TOKEN = re.compile(rb'"(?:token|taskToken)"\s*:\s*"([^"\\]{40,})"')
_LINK = re.compile(rb"[123]-([A-Za-z0-9_-]{60,})")

_secrets: set[bytes] = set()
_outputs: dict[str, bytes] = {}


def note(text: bytes) -> None:
    """Remembers the secrets of an event or an answer; an event holds another JSON text as a string."""
    for form in (text, text.replace(b'\\"', b'"')):
        _secrets.update(_TOKEN.findall(form))
        _secrets.update(_LINK.findall(form))


def keep(name: str, output: bytes) -> None:
    """Keeps what a process has written."""
    _outputs[f"{len(_outputs)} {name}"] = output


def pieces(secrets: set[bytes]) -> set[bytes]:
    return {secret[at : at + PIECE] for secret in secrets for at in range(0, len(secret) - PIECE + 1, PIECE)}


def leaks(output: bytes, wanted: set[bytes]) -> list[int]:
    """The numbers of the lines that hold a piece of a secret. The lines themselves are not to be printed."""
    return [
        number
        for number, line in enumerate(output.splitlines(), 1)
        if any(line[at : at + PIECE] in wanted for at in range(len(line) - PIECE + 1))
    ]


def found() -> list[str]:
    """Where secrets are in all that was written so far."""
    wanted = pieces(_secrets)
    return [f"{name}, line {line}" for name, output in _outputs.items() for line in leaks(output, wanted)]


def counts() -> tuple[int, int]:
    """How many secrets and processes there were."""
    return len(_secrets), len(_outputs)

"""Nothing secret may be in what the executable writes, nor in an answer where it does not belong, whichever test ran.

Every event and every answer passes `Function.invoke_raw`, every call to AWS passes moto, and every process gets its
credentials from `Function`. What is secret in them is remembered for the whole run. When it ends, `conftest.py` looks
for all of it in everything that every process has written, and in every answer that any of them gave: also in those of
a process that never saw the secret itself.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

# Secrets are recognised by pieces of this length, wherever they were cut.
PIECE = 24
# What is shorter cannot be told from ordinary words. Secrets of the tests are longer; `canary` makes them.
SHORTEST = 12
_LINK = re.compile(rb"[123]-([A-Za-z0-9_-]{60,})")

# The kinds of secret, by the answers in which they may stand.
NOWHERE = "token or key"  # of tasks and other targets, of webhooks, of chats, of AWS
CREATED = "link or generated secret"  # only where links were made
TEXT = "text of the author or the visitor"  # nowhere but in replies and pages

_secrets: dict[str, set[bytes]] = {NOWHERE: set(), CREATED: set(), TEXT: set()}
_outputs: dict[str, bytes] = {}
# By the kinds that an answer must not hold, and the function that gave it.
_answers: dict[tuple[tuple[str, ...], str], set[bytes]] = {}
_short: list[str] = []


def canary(what: str) -> str:
    """A secret that is like no other, and long enough to be found."""
    return f"{what}-{uuid.uuid4().hex}"


def note(text: bytes) -> None:
    """Remembers what is secret in an event, an answer, or the parameters of a call to AWS."""
    _secrets[CREATED].update(_LINK.findall(text))
    for value in _parsed(text):
        _note_value(value)


def note_visit(event: bytes) -> None:
    """Remembers what is secret in a request to ProcessCallback: what the visitor has written, too."""
    note(event)
    read = json.loads(event)
    body = _body(read) if isinstance(read, dict) else ""
    _note_texts(list(_parsed(body.encode())))
    _note_texts(list(parse_qs(body).values()))


def note_secret(secret: str, kind: str = NOWHERE) -> None:
    """Remembers a secret in the forms in which it could be written."""
    if len(secret) < SHORTEST:
        return
    for form in (secret, json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe="")):
        _secrets[kind].add(form.encode())


def note_key(encoded: str) -> None:
    """A key in base64, as KMS gives it."""
    note_secret(encoded)
    key = base64.b64decode(encoded)
    note_secret(key.hex())
    note_secret(base64.urlsafe_b64encode(key).decode().rstrip("="))


def note_credentials(environment: dict[str, str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        if name in environment:
            note_secret(environment[name])


def keep(name: str, output: bytes) -> None:
    """Keeps what a process has written."""
    _outputs[f"{len(_outputs)} {name}"] = output


def outputs() -> dict[str, bytes]:
    """Everything that was written so far, by a number and the name of the function."""
    return _outputs


def answered(name: str, makes_links: bool, event: bytes, answer: bytes) -> None:
    """Keeps an answer, and remembers what is secret in it. `makes_links`: it is CreateUrls."""
    read = json.loads(answer)
    granted = _granted(read)
    if makes_links and granted:
        note(answer)
        secrets = [secret for value in _parsed(event) for secret in _webhook_secrets(value)]
        _short.extend(f"{name}: {len(secret)} characters" for secret in secrets if len(secret) < SHORTEST)
    match granted, makes_links:
        case True, True:
            forbidden = (NOWHERE,)
        # A page that asks, and what an author has sent to visitors.
        case True, False:
            forbidden = (NOWHERE, CREATED)
        # A form that was not filled in well is shown again, with its texts.
        case False, False if _is_page(read):
            forbidden = (NOWHERE, CREATED)
        case _:
            forbidden = (NOWHERE, CREATED, TEXT)
    _answers.setdefault((forbidden, name), set()).add(answer)


def found() -> list[str]:
    """Where secrets are in all that was written and answered so far."""
    everything = tuple(_secrets)
    places = [(name, everything, output) for name, output in _outputs.items()]
    for (forbidden, name), answers in _answers.items():
        places += [(f"an answer of {name}", forbidden, plain(answer)) for answer in sorted(answers)]
    search = {kind: Search(kind) for kind in everything}
    return [
        f"{kind} in {name}, line {line}"
        for name, kinds, output in places
        for kind in kinds
        for line in search[kind].lines(output)
    ]


def short() -> list[str]:
    """Secrets of webhooks that nobody can look for."""
    return _short


def is_blind() -> bool:
    """Whether there was something to remember, and nothing of it was."""
    has_links = any(rb"data=" in answer for answers in _answers.values() for answer in answers)
    return bool(_outputs and not _secrets[NOWHERE]) or (has_links and not _secrets[CREATED])


class Search:
    """Looks for all secrets of a kind."""

    def __init__(self, kind: str):
        secrets = _secrets[kind]
        self._pieces = pieces(secrets)
        self._whole = sorted(secret for secret in secrets if len(secret) < PIECE)

    def lines(self, output: bytes) -> list[int]:
        """The numbers of the lines that hold a secret. The lines themselves are not to be printed."""
        return [number for number, line in enumerate(output.splitlines(), 1) if self._is_in(line)]

    def _is_in(self, line: bytes) -> bool:
        if any(secret in line for secret in self._whole):
            return True
        return any(line[at : at + PIECE] in self._pieces for at in range(len(line) - PIECE + 1))


def pieces(secrets: set[bytes]) -> set[bytes]:
    """Any part of a secret that is twice as long as a piece holds one, and so does its end."""
    long = [secret for secret in secrets if len(secret) >= PIECE]
    return {
        secret[at : at + PIECE]
        for secret in long
        for at in [*range(0, len(secret) - PIECE, PIECE), len(secret) - PIECE]
    }


def plain(answer: bytes) -> bytes:
    """An answer, and behind it the body that it encodes."""
    read = json.loads(answer)
    return answer + b"\n" + _body(read).encode() if isinstance(read, dict) else answer


def _granted(answer: Any) -> bool:
    """Whether an answer is none of an error, through a door or of a direct invocation."""
    if isinstance(answer, dict) and "statusCode" in answer:
        return answer["statusCode"] < 400
    return not (isinstance(answer, dict) and ("error" in answer or "errorType" in answer))


def _is_page(answer: dict[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    headers |= {name.lower(): values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
    return headers.get("content-type", "").startswith("text/html")


def _parsed(text: bytes) -> Iterator[Any]:
    """The JSON in a text, and all JSON that stands in it as a string."""
    try:
        value = json.loads(text)
    except ValueError:  # also of texts that are not UTF-8
        return
    yield value
    for inner in _strings(value):
        if inner.lstrip()[:1] in ("{", "["):
            yield from _parsed(inner.encode())
    if isinstance(value, dict) and value.get("isBase64Encoded") is True:
        yield from _parsed(_body(value).encode())


def _body(value: dict[str, Any]) -> str:
    """The body of an event or an answer, as text; empty if there is none."""
    body = value.get("body")
    if not isinstance(body, str):
        return ""
    if value.get("isBase64Encoded") is not True:
        return body
    try:
        return base64.b64decode(body, validate=True).decode(errors="replace")
    except binascii.Error:
        return ""


def _strings(value: Any) -> Iterator[str]:
    """All strings in a value, the keys of objects among them."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for name, item in value.items():
                yield name
                yield from _strings(item)


def _note_value(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _note_value(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        match name, item:
            case ("token" | "taskToken" | "callback_id" | "automation_execution_id"), str():
                note_secret(item)
            case ("url" | "ResponseURL" | "Handle"), str():
                _note_presigned(item)
            case "verify", dict():
                for secret in _given(item):
                    note_secret(secret)
            case "secrets", dict():
                for secret in _strings(list(item.values())):
                    note_secret(secret, CREATED)
            case "actions", list():
                for action in item:
                    _note_texts(action)
            case ("SecretString" | "Value"), str() if "SecretId" in value or value.get("Type") == "SecureString":
                # Of PutSecretValue and PutParameter. Of an address, everybody knows the host.
                for secret in _strings(_json_or_text(item)):
                    note_secret(secret.removeprefix(f"https://{urlsplit(secret).netloc}"))
        _note_value(item)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _note_presigned(url: str) -> None:
    query = parse_qs(urlsplit(url).query)
    for name in ("X-Amz-Signature", "X-Amz-Security-Token", "Signature", "sig"):
        for secret in query.get(name, []):
            note_secret(secret)


def _note_texts(value: Any) -> None:
    """Texts of an action that are no ordinary words. Names may be told, and have a limit that is near to that."""
    match value:
        case str() if len(value) >= PIECE:
            note_secret(value, TEXT)
        case list():
            for item in value:
                _note_texts(item)
        case dict():
            for name, item in value.items():
                if name not in ("name", "type", "schema", "verify", "_callback"):
                    _note_texts(item)


def _webhook_secrets(request: Any) -> Iterator[str]:
    """Those that a request to create gives. It was granted, so it has the form of one."""
    actions = request.get("actions", []) if isinstance(request, dict) else []
    for action in actions:
        yield from _given(action.get("verify", {}))


def _given(verify: dict[str, Any]) -> list[str]:
    match verify.get("secret", "generate"):
        case "generate":
            return []
        case str() as secret:
            return [secret]
        case secrets:
            return list(_strings(secrets))

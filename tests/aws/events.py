"""The events with which a function is invoked by each door, and the answers it gives to them.

A door is a function `(method, url, headers, body) -> event`: REST API (payload 1.0), HTTP API (payload 2.0)
and Function URL. The shapes follow AWS's documentation of the three payload formats.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

ACCOUNT = "123456789012"
SOURCE_IP = "203.0.113.7"
USER_AGENT = "tests/1.0"
TIME = "01/Jan/2026:00:00:00 +0000"
TIME_MS = 1_767_225_600_000

Door = Callable[..., dict[str, Any]]


def rest_api(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
) -> dict[str, Any]:
    """The event of a REST API: the path without the stage, the query decoded, `null` for what is absent."""
    parts = urlsplit(url)
    stage, path = _stage_and_path(parts.path)
    sent = {"Host": parts.netloc, "User-Agent": USER_AGENT, "X-Forwarded-Proto": "https"} | dict(
        headers or {}
    )
    query = parse_qsl(parts.query, keep_blank_values=True)
    text, is_base64 = _body(body)
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "a1b2c3",
            "resourcePath": path,
            "httpMethod": method,
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": TIME,
            "path": parts.path,
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainPrefix": parts.netloc.split(".")[0],
            "requestTimeEpoch": TIME_MS,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {
                "cognitoIdentityPoolId": None,
                "accountId": None,
                "cognitoIdentityId": None,
                "caller": None,
                "sourceIp": SOURCE_IP,
                "principalOrgId": None,
                "accessKey": None,
                "cognitoAuthenticationType": None,
                "cognitoAuthenticationProvider": None,
                "userArn": None,
                "userAgent": USER_AGENT,
                "user": None,
            },
            "domainName": parts.netloc,
            "apiId": parts.netloc.split(".")[0],
        },
        "body": text,
        "isBase64Encoded": is_base64,
    }


def http_api(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
) -> dict[str, Any]:
    """The event of an HTTP API with a named stage, which stands in the path."""
    parts = urlsplit(url)
    stage, path = _stage_and_path(parts.path)
    return payload_2(method, url, headers, body, stage=stage, route_key=f"{method} {path}")


def function_url(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
) -> dict[str, Any]:
    """The event of a Function URL: no stage, whatever the link's host was."""
    parts = urlsplit(url)
    _, path = _stage_and_path(parts.path)
    moved = parts._replace(
        netloc="abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws", path=path
    ).geturl()
    return payload_2(
        method, moved, headers, body, stage="$default", route_key="$default", account="anonymous"
    )


def payload_2(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    body: bytes | str | None,
    *,
    stage: str,
    route_key: str,
    account: str = ACCOUNT,
) -> dict[str, Any]:
    """An event of payload format 2.0."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    text, is_base64 = _body(body)
    sent = {"host": parts.netloc, "user-agent": USER_AGENT, "x-forwarded-proto": "https"}
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": unquote_plus(parts.path),
        "rawQueryString": parts.query,
        "headers": sent,
        "requestContext": {
            "accountId": account,
            "apiId": parts.netloc.split(".")[0],
            "domainName": parts.netloc,
            "domainPrefix": parts.netloc.split(".")[0],
            "http": {
                "method": method,
                "path": unquote_plus(parts.path),
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": USER_AGENT,
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route_key,
            "stage": stage,
            "time": TIME,
            "timeEpoch": TIME_MS,
        },
        "isBase64Encoded": is_base64,
    }
    if query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in _grouped(query).items()}
    if text is not None:
        event["body"] = text
    return event


DOORS: dict[str, Door] = {"rest_api": rest_api, "http_api": http_api, "function_url": function_url}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as the caller of the API receives it. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @staticmethod
    def of(result: Any) -> Answer:
        """Reads the object that a function returns to API Gateway or to a Function URL."""
        assert isinstance(result, dict) and isinstance(result.get("statusCode"), int), (
            f"not an HTTP answer: {result!r}"
        )
        headers = {name.lower(): value for name, value in (result.get("headers") or {}).items()}
        for name, values in (result.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = ", ".join(values)
        text = result.get("body") or ""
        body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
        return Answer(result["statusCode"], headers, body)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()

    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        assert self.media_type == "application/json", f"{self.status} {self.headers} {self.text()}"
        return json.loads(self.body)


def _stage_and_path(path: str) -> tuple[str, str]:
    _, stage, *rest = path.split("/")
    return stage, "/" + "/".join(rest)


def _grouped(query: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in query:
        grouped.setdefault(name, []).append(value)
    return grouped


def _body(body: bytes | str | None) -> tuple[str | None, bool]:
    if body is None or isinstance(body, str):
        return body, False
    return base64.b64encode(body).decode(), True

"""Signature Version 4 for requests to our own doors: made as a caller makes it, checked as AWS checks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from moto_aws import REGION

CALLER = Credentials("AKIACALLER", "secret of the caller")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


def signed(
    service: str, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None
) -> dict[str, str]:
    """The headers of a request with its signature."""
    request = AWSRequest(method, url, dict(headers), data=body)
    SigV4Auth(CALLER, service, REGION).add_auth(request)
    return dict(request.headers.items())


def problem(
    service: str, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None
) -> str | None:
    """Why the signature is none, or nothing."""
    sent = {name.lower(): value for name, value in headers.items()} | {"host": urlsplit(url).netloc}
    found = _AUTHORIZATION.fullmatch(sent.get("authorization", ""))
    if found is None:
        return "Authorization header is not a signature of version 4."
    key, _, region, named, covered, _ = found.groups()
    if key != CALLER.access_key:
        return "The security token included in the request is invalid."
    if (region, named) != (REGION, service) or not {"host", "x-amz-date"} <= set(covered.split(";")):
        return "Credential should be scoped to a valid region and service."
    request = AWSRequest(method, url, {name: sent[name] for name in covered.split(";")}, data=body)
    request.context["timestamp"] = sent["x-amz-date"]
    signer = SigV4Auth(CALLER, service, REGION)
    wanted = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if wanted != found[6]:
        return "The request signature we calculated does not match the signature you provided."
    return None

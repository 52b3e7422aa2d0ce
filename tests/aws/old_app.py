"""Links as the old application sealed them: a JSON payload in an AWS Encryption SDK message, or in clear.

The messages are made by the AWS Encryption SDK for Python itself, so that our reader is held against the
library that wrote the links in people's mailboxes. `Message` finds the fields of such a message, so that they
can be damaged one by one.
"""

from __future__ import annotations

import base64
import json
import struct
import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import aws_encryption_sdk
import botocore.session
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.identifiers import Algorithm

from stack import BASE_URL

# Suite -> the commitment policy under which the SDK writes it. 0x0378 is what SDK 1.x wrote (the application
# up to 1.0.0) and 0x0578 the default since SDK 2; the two others are their unsigned kin.
SUITES = {
    0x0178: (Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA256, CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT),
    0x0378: (
        Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
        CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
    ),
    0x0478: (Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT),
    0x0578: (
        Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    ),
}
SIGNED = (0x0378, 0x0578)
ISSUER = "arn:aws:lambda:eu-west-1:123456789012:function:sfn-callback-urls-CreateUrls-1A2B3C4D5E6F"


def payload(
    token: str, action: dict[str, Any], *, exp: int | None = None, param: bool = False, iss: bool = True
) -> dict:
    """The sealed object, its keys in the order in which the application wrote them."""
    sealed: dict[str, Any] = {"token": token, "iat": int(time.time()), "tid": uuid.uuid4().hex}
    if iss:
        sealed["iss"] = ISSUER
    if exp is not None:
        sealed["exp"] = exp
    sealed["action"] = action
    if param:
        sealed["param"] = True
    return sealed


def encrypt(key: str, plaintext: bytes, suite: int = 0x0378, context: dict[str, str] | None = None) -> bytes:
    """An Encryption SDK message under one KMS key."""
    algorithm, policy = SUITES[suite]
    message, _ = EncryptionSDKClient(commitment_policy=policy).encrypt(
        source=plaintext, key_provider=_provider(key), algorithm=algorithm, encryption_context=context or {}
    )
    return message


def encrypted(
    key: str, sealed: dict[str, Any], suite: int = 0x0378, context: dict[str, str] | None = None
) -> str:
    """The `data` of a link: `2-` and padded base64url."""
    return text(encrypt(key, json.dumps(sealed).encode(), suite, context))


def text(message: bytes) -> str:
    return "2-" + base64.urlsafe_b64encode(message).decode()


def plain(sealed: dict[str, Any]) -> str:
    """The `data` of a link made while encryption was off."""
    return "1-" + base64.urlsafe_b64encode(json.dumps(sealed).encode()).decode()


def link(data: str, name: str | None = None, kind: str | None = None) -> str:
    """The URL; `=` becomes `%3D`."""
    query = {"action": name, "type": kind, "data": data}
    return f"{BASE_URL}/respond?" + urlencode(
        {key: value for key, value in query.items() if value is not None}
    )


@cache
def _provider(key: str) -> StrictAwsKmsMasterKeyProvider:
    # The endpoint and the credentials come from the environment (conftest.py).
    return StrictAwsKmsMasterKeyProvider(key_ids=[key], botocore_session=botocore.session.Session())


assert aws_encryption_sdk.__version__.startswith("4."), "the commitment policies above are those of version 4"


@dataclass(frozen=True)
class Message:
    """A message and where its fields lie: name -> (start, end)."""

    raw: bytes
    fields: dict[str, tuple[int, int]]

    @staticmethod
    def parse(raw: bytes) -> Message:
        """Reads what the SDK wrote: framed, one data key, one final frame."""
        fields: dict[str, tuple[int, int]] = {}
        at = 0

        def take(name: str, length: int) -> bytes:
            nonlocal at
            fields[name] = (at, at + length)
            at += length
            return raw[at - length : at]

        def take_counted(name: str) -> bytes:
            (length,) = struct.unpack(">H", take(f"{name} length", 2))
            return take(name, length)

        [version] = take("version", 1)
        if version == 1:
            take("type", 1)
        (suite,) = struct.unpack(">H", take("suite", 2))
        take("message id", 16 if version == 1 else 32)
        take_counted("context")
        (count,) = struct.unpack(">H", take("data key count", 2))
        assert count == 1
        take_counted("provider")
        take_counted("key ARN")
        take_counted("wrapped key")
        take("content type", 1)
        if version == 1:
            take("reserved", 4)
            take("IV length", 1)
        take("frame length", 4)
        if version == 2:
            take("commitment", 32)
        if version == 1:
            take("header IV", 12)
        take("header tag", 16)
        assert take("final frame mark", 4) == b"\xff\xff\xff\xff"
        take("sequence number", 4)
        take("frame IV", 12)
        (length,) = struct.unpack(">I", take("content length", 4))
        take("content", length)
        take("content tag", 16)
        if suite in SIGNED:
            take_counted("signature")
        assert at == len(raw)
        return Message(raw, {name: span for name, span in fields.items() if span[0] < span[1]})

    def flipped(self, name: str, bit: int = 0x01) -> bytes:
        """The message with one bit changed in the middle of a field."""
        start, end = self.fields[name]
        raw = bytearray(self.raw)
        raw[(start + end) // 2] ^= bit
        return bytes(raw)

    def replaced(self, name: str, value: bytes) -> bytes:
        """The message with other bytes, of the same length, in a field."""
        start, end = self.fields[name]
        assert len(value) == end - start
        return self.raw[:start] + value + self.raw[end:]

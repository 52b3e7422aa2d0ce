"""The vectors of compact links (docs/FORMAT.md, "Suite 0x03"), opened by a reader that shares no code with the program."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VECTORS = Path(__file__).resolve().parents[1] / "vectors/sealed"
DS = b"sfn-callback-urls/3"
HOUR = 3600
DAY = 24 * HOUR


def compact() -> dict[str, Any]:
    vectors = {path.stem: json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json"))}
    return {name: vector for name, vector in vectors.items() if "epoch" in vector.get("key", {})}


def sha256_mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def extract(salt: bytes, secret: bytes) -> bytes:
    return sha256_mac(salt or bytes(32), secret)


def expand(prk: bytes, info: bytes) -> bytes:
    """32 bytes are one block."""
    return sha256_mac(prk, info + b"\x01")


def framed(audience: str) -> bytes:
    return len(audience).to_bytes(2, "big") + audience.encode()


class Refused(Exception):
    """By the name that the vectors have for it."""


class Reading:
    """What a reader computes on its way from a link to the payload."""

    def __init__(self, link: str, mac_key: bytes, audience: str, now: int):
        text = link.removeprefix("3-")
        message = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(message) < 1 + 4 + 16 + 32 + 16:
            raise Refused("Truncated")
        assert message[0] == 3
        epoch, self.salt, commitment = message[1:5], message[5:21], message[21:53]
        header, self.sealed = message[:53], message[53:]
        begins = int.from_bytes(epoch, "big") * HOUR
        if not begins - HOUR <= now <= begins + 366 * DAY:
            raise Refused("Epoch")
        # Up to here everybody can follow; the next line is what KMS does.
        self.asked = DS + b" epoch" + framed(audience) + epoch
        self.mac = sha256_mac(mac_key, self.asked)
        self.data_key = expand(extract(b"", self.mac), DS + b" epoch key")
        self.prk = extract(self.salt, self.data_key)
        self.key = expand(self.prk, DS + b" key\x03")
        self.commitment = expand(self.prk, DS + b" commit\x03")
        if not hmac.compare_digest(self.commitment, commitment):
            raise Refused("Commitment")
        self.additional = DS + b"\x00" + framed(audience) + header
        try:
            self.payload = AESGCM(self.key).decrypt(bytes(12), self.sealed, self.additional)
        except InvalidTag:
            raise Refused("Authentication") from None


def reading(vector: dict[str, Any]) -> Reading:
    return Reading(vector["link"], bytes.fromhex(vector["key"]["mac_key"]), vector["audience"], vector["now"])


@pytest.mark.parametrize("name", compact())
def test_the_vector_is_what_it_says(name: str) -> None:
    vector = compact()[name]
    expected = vector["expect"]
    if expected.get("damage") in {"Truncated", "Epoch", "Commitment", "Authentication"}:
        with pytest.raises(Refused, match=f"^{expected['damage']}$"):
            reading(vector)
        return
    read = reading(vector)
    assert read.data_key.hex() == vector["key"]["data_key"]
    token = base64.b64decode("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7")
    assert read.payload[0] == 1 and token in read.payload and b"\x05\x67approve" in read.payload


def test_no_kind_of_vector_is_missing() -> None:
    outcomes = [vector["expect"].get("damage", "payload") for vector in compact().values()]
    assert set(outcomes) == {"payload", "Truncated", "Epoch", "Commitment", "Authentication", "Content"}
    assert outcomes.count("payload") >= 4


def test_the_example_of_the_document_is_right() -> None:
    document = (VECTORS.parents[2] / "docs/FORMAT.md").read_text()
    section = "".join(document.split("## Suite 0x03")[1].split("## Payload")[0].split())
    vector = compact()["ok_compact"]
    read = reading(vector)
    for value in (
        read.asked,
        read.mac,
        read.data_key,
        read.salt,
        read.prk,
        read.key,
        read.commitment,
        read.additional,
        read.sealed,
    ):
        assert value.hex() in section
    assert vector["link"] in section


def test_the_reader_here_can_refuse() -> None:
    """A reader that opens anything would find nothing wrong with the vectors."""
    vector = compact()["ok_compact"]
    for change in ({"audience": "stack-2"}, {"now": 0}, {"key": vector["key"] | {"mac_key": "07" * 32}}):
        with pytest.raises(Refused):
            reading(vector | change)

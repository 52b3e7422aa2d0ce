"""Writes the vectors of format 2 that begin with `ok_` or `content_`, with the AWS Encryption SDK for Python.

Kept for the record; the tests only read its results. It was run once with aws-encryption-sdk 4.0.7:

    python make_messages.py

A file that exists is left alone: signatures and message ids are random, and vectors do not change.
"""

import base64
import json
import pathlib

import aws_encryption_sdk
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy
from aws_encryption_sdk.key_providers.base import MasterKey, MasterKeyConfig
from aws_encryption_sdk.structures import DataKey

HERE = pathlib.Path(__file__).parent
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
DATA_KEY = bytes(range(32))
WRAPPED_KEY = bytes([1, 2]) + bytes((7 * i + 1) % 256 for i in range(182))

TOKEN = base64.b64encode(bytes(range(60))).decode()
HEAD = {"token": TOKEN, "iat": 1600000000, "tid": "00112233445566778899aabbccddeeff"}
# Stands for a number that Python would round.
LONG_NUMBER = "long number"
ISSUER = {"iss": "arn:aws:lambda:eu-west-1:111122223333:function:CreateUrls"}


class Config(MasterKeyConfig):
    provider_id = "aws-kms"


class StandIn(MasterKey):
    """A master key of AWS KMS whose data key is known."""

    provider_id = "aws-kms"
    _config_class = Config

    def __init__(self, **_):
        pass

    def _generate_data_key(self, algorithm, encryption_context):
        return DataKey(key_provider=self.key_provider, data_key=DATA_KEY, encrypted_data_key=WRAPPED_KEY)

    def _encrypt_data_key(self, *_):
        raise NotImplementedError

    def _decrypt_data_key(self, *_):
        raise NotImplementedError


SUITES = {
    "0178": Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA256,
    "0378": Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
    "0478": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
    "0578": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
}


def with_digits(text):
    return text.replace(json.dumps(LONG_NUMBER), "12345678901234567890.10")


def link(suite, text, frame_length=4096):
    commits = suite in ("0478", "0578")
    policy = (
        CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT if commits else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=policy)
    message, _ = client.encrypt(
        source=with_digits(text).encode(),
        key_provider=StandIn(key_id=KEY_ARN.encode()),
        algorithm=SUITES[suite],
        frame_length=frame_length,
    )
    return "2-" + base64.urlsafe_b64encode(message).decode()


def write(name, comment, text, expect, suite="0378", change=lambda link: link, frame_length=4096):
    path = HERE / (name + ".json")
    if path.exists():
        return
    vector = {
        "comment": comment,
        "key": {"data_key": DATA_KEY.hex(), "wrapped_key": WRAPPED_KEY.hex(), "key_arn": KEY_ARN},
        "link": change(link(suite, text, frame_length)),
        "expect": expect,
    }
    path.write_text(with_digits(json.dumps(vector, indent=2)) + "\n")


def opened(action, **more):
    payload = {**HEAD}
    if "exp" in more:
        payload["exp"] = more["exp"]
    payload["action"] = action
    if more.get("param"):
        payload["param"] = True
    return {"payload": payload}


def refused(log):
    return {"damage": "Content", "log": "payload: " + log}


APPROVE = {"name": "approve", "type": "success", "output": {"approved": True}}
REJECT = {"name": "reject", "type": "failure", "error": "Rejected", "cause": "by the reviewer"}
BEAT = {"name": "still_there", "type": "heartbeat", "response": {"text": "Thank you."}}
POST = {
    "name": "answer",
    "type": "post",
    "outcomes": [
        {"name": "all", "type": "success", "schema": {"type": "object"}, "output_body": True},
        {"name": "none", "type": "failure", "schema": {}, "error": "Refused", "cause_path": "$.why"},
    ],
}

both = {**HEAD, **ISSUER}
write(
    "ok_0378",
    "Suite 0378, what the Python application wrote by default until 1.0.0: success, with the issuer that is ignored.",
    json.dumps({**both, "action": APPROVE}),
    opened(APPROVE),
)
write(
    "ok_0578",
    "Suite 0578, the default of later versions of the SDK: failure, with expiration.",
    json.dumps({**both, "exp": 1700000000, "action": REJECT}),
    opened(REJECT, exp=1700000000),
    suite="0578",
)
write(
    "ok_0478",
    "Suite 0478, committed and not signed: post action with two outcomes.",
    json.dumps({**both, "action": POST}),
    opened(POST),
    suite="0478",
)
write(
    "ok_0178",
    "Suite 0178, neither committed nor signed: heartbeat with output parameters.",
    json.dumps({**both, "action": BEAT, "param": True}),
    opened(BEAT, param=True),
    suite="0178",
)
write(
    "ok_without_padding",
    "The padding of the base64url text is cut off.",
    json.dumps({**both, "action": APPROVE}),
    opened(APPROVE),
    suite="0478",
    change=lambda text: text.rstrip("="),
)
write(
    "ok_several_frames",
    "A message of several frames.",
    json.dumps({**both, "action": APPROVE}),
    opened(APPROVE),
    frame_length=128,
)
write(
    "ok_non_framed",
    "A message without frames.",
    json.dumps({**both, "action": APPROVE}),
    opened(APPROVE),
    frame_length=0,
)
write(
    "ok_unknown_keys",
    "Keys that nobody knows are ignored, at the top and in the action.",
    json.dumps({**both, "new": 1, "action": {**REJECT, "casue": "a typing error of the author"}}),
    opened(REJECT),
    suite="0478",
)
write(
    "ok_fraction_of_a_second",
    "Times are numbers; what is behind the point is dropped.",
    json.dumps({**HEAD, "iat": 1600000000.9, "exp": 1700000000.5, "action": APPROVE}),
    opened(APPROVE, exp=1700000000),
    suite="0478",
)
write(
    "ok_transaction_id_with_hyphens",
    "The transaction id is written as a UUID.",
    json.dumps({**HEAD, "tid": "00112233-4455-6677-8899-aabbccddeeff", "action": APPROVE}),
    opened(APPROVE),
    suite="0478",
)
KEPT = {"name": "a", "type": "success", "output": {"b": LONG_NUMBER, "a": "caf\u00e9"}}
write(
    "ok_output_text_is_kept",
    "The output keeps the order of its keys, every digit of its numbers and the escapes of its strings.",
    json.dumps({**HEAD, "action": KEPT}),
    opened(KEPT),
    suite="0478",
)
write(
    "ok_confirm_in_action",
    "What an author wrote into an action that Python did not know: such a confirm means nothing.",
    json.dumps({**both, "action": {**APPROVE, "confirm": True}}),
    opened(APPROVE),
    suite="0478",
)

write(
    "content_nan",
    "Python writes NaN, which is not JSON.",
    json.dumps({**HEAD, "action": {"name": "a", "type": "success", "output": float("nan")}}),
    refused("action: not valid JSON: expected value at line 1 column 210"),
    suite="0478",
)
write(
    "content_redirect_javascript",
    "A redirect that is no http or https URL is not followed, however old the link.",
    json.dumps({**HEAD, "action": {**BEAT, "response": {"redirect": "javascript:alert(1)"}}}),
    refused("action.response.redirect: must be an absolute http or https URL"),
    suite="0478",
)
write(
    "content_no_token",
    "A key that must be there is not.",
    json.dumps({"iat": 1600000000, "tid": HEAD["tid"], "action": APPROVE}),
    refused("missing field `token`"),
    suite="0478",
)
write(
    "content_empty_token",
    "A token has 1 to 2,048 characters.",
    json.dumps({**HEAD, "token": "", "action": APPROVE}),
    refused("token of a wrong length"),
    suite="0478",
)
write(
    "content_transaction_id",
    "The transaction id is not 32 hex digits.",
    json.dumps({**HEAD, "tid": "00112233", "action": APPROVE}),
    refused("unreadable tid"),
    suite="0478",
)
write(
    "content_time_out_of_range",
    "A time is before 1970 or after 9999.",
    json.dumps({**HEAD, "exp": 253402300800, "action": APPROVE}),
    refused("a time out of range"),
    suite="0478",
)
write(
    "content_unknown_type",
    "An action of a type that does not exist.",
    json.dumps({**HEAD, "action": {"name": "a", "type": "decision"}}),
    refused("action.type: must be one of `success`, `failure`, `heartbeat`, `post`, `form`"),
    suite="0478",
)
write(
    "content_name",
    "A name that is not letters, digits and underscores.",
    json.dumps({**HEAD, "action": {"name": "a b", "type": "heartbeat"}}),
    refused("action.name: must be one or more letters, digits or underscores"),
    suite="0478",
)
write(
    "content_nested_too_deep",
    "Arrays and objects nested deeper than 127 levels.",
    json.dumps({**HEAD, "action": "OUTPUT"}).replace('"OUTPUT"', "[" * 130 + "]" * 130),
    refused("nested too deep"),
    suite="0478",
)
write(
    "content_not_utf8",
    "The plaintext is not UTF-8; written by hand, since Python writes ASCII only.",
    "",
    refused("not UTF-8"),
    suite="0478",
    change=lambda _: "2-"
    + base64.urlsafe_b64encode(
        aws_encryption_sdk.EncryptionSDKClient().encrypt(
            source=b"\xff",
            key_provider=StandIn(key_id=KEY_ARN.encode()),
            algorithm=SUITES["0478"],
        )[0]
    ).decode(),
)

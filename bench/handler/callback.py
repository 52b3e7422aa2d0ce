"""A small service of the same shape as ours, to try bench/run with: one handler in Python for both roles.

It seals nothing. Its links hold the task token in clear, so it must never be deployed.
"""

from __future__ import annotations

import base64
import json
import os
import urllib.parse
from typing import Any

import boto3

kms = boto3.client("kms")
states = boto3.client("stepfunctions")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return process(event["queryStringParameters"]) if "queryStringParameters" in event else create(event, context)


def create(event: dict[str, Any], context: Any) -> dict[str, Any]:
    urls = {}
    for action in event["actions"]:
        wrapped = kms.generate_data_key(KeyId=os.environ["KEY_ID"], KeySpec="AES_256")["CiphertextBlob"]
        payload = {"token": event["token"], "action": action, "key": base64.b64encode(wrapped).decode()}
        data = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()
        urls[action["name"]] = "https://example.com/v1/respond?" + urllib.parse.urlencode({"data": data})
    return {"transaction_id": context.aws_request_id, "urls": urls}


def process(query: dict[str, str]) -> dict[str, Any]:
    payload = json.loads(base64.urlsafe_b64decode(query["data"]))
    kms.decrypt(KeyId=os.environ["KEY_ID"], CiphertextBlob=base64.b64decode(payload["key"]))
    states.send_task_success(taskToken=payload["token"], output=json.dumps(payload["action"]["output"]))
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}

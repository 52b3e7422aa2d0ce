"""A deployed stack in miniature: the executable in both roles, with one set of settings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import events
import leaks
from moto_aws import REGION, Aws, Call
from runtime_api import Function

# The address of the REST API's stage, as the `Api` output gives it.
BASE_URL = f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com/v1"

_numbers = itertools.count(1)


class Stack:
    """Context manager. Settings are the functions' environment; `None` leaves one out."""

    def __init__(self, aws: Aws, executable: Path, folder: Path, **settings: str | None):
        number = next(_numbers)
        self._aws = aws
        self._running = ExitStack()
        self.create_id, self.process_id = f"AKIACREATE{number:06}", f"AKIAPROCESS{number:05}"
        everything: dict[str, str | None] = {
            "KEY_ID": aws.key,
            "BASE_URL": BASE_URL,
            "ENABLE_OUTPUT_PARAMETERS": "true",
            "ENABLE_POST_ACTIONS": "true",
            # The chattiest settings, because every log is searched for secrets.
            "VERBOSE_LOGGING": "true",
            "METRICS": "true",
            "AUDIENCE": "tests",
            "ACCEPT_LEGACY_URLS": "true",
            # The tests count calls; deployed templates have it on.
            "WARM_UP": "false",
        }
        everything |= settings
        common = {name: value for name, value in everything.items() if value is not None} | {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_SECRET_ACCESS_KEY": leaks.canary("secret-access-key"),
            "AWS_SESSION_TOKEN": leaks.canary("session-token"),
        }
        self.create = Function(
            executable,
            "create_urls",
            common | {"AWS_ACCESS_KEY_ID": self.create_id},
            folder / f"create-{number}.log",
        )
        self.process = Function(
            executable,
            "process_callback",
            common | {"AWS_ACCESS_KEY_ID": self.process_id},
            folder / f"process-{number}.log",
        )

    def __enter__(self) -> Stack:
        with ExitStack() as started:
            started.enter_context(self.create)
            started.enter_context(self.process)
            self._running = started.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._running.close()
        for function in (self.create, self.process):
            leaked = sum(token in function.log() for token in self._aws.tokens)
            assert leaked == 0, f"{function.name}: {leaked} task tokens stand in the log"

    def urls(self, token: str, *actions: dict[str, Any], **fields: Any) -> dict[str, str]:
        """Invokes CreateUrls directly; the links by the names of their actions."""
        answer = self.create.invoke({"token": token, "actions": list(actions), **fields})
        assert "urls" in answer, answer
        return answer["urls"]

    def post(self, request: Any, door: events.Door = events.rest_api) -> events.Answer:
        """`POST /urls` with a JSON body."""
        headers = {"Content-Type": "application/json"}
        return events.Answer.of(
            self.create.invoke(door("POST", f"{BASE_URL}/urls", headers, json.dumps(request)))
        )

    def follow(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        door: events.Door = events.rest_api,
    ) -> events.Answer:
        """Requests a link."""
        return events.Answer.of(self.process.invoke(door(method, url, headers, body)))

    def follow_json(self, url: str, body: Any, door: events.Door = events.rest_api) -> events.Answer:
        """POSTs a JSON value to a link."""
        return self.follow(url, "POST", {"Content-Type": "application/json"}, json.dumps(body), door)

    def create_calls(self) -> list[Call]:
        """What CreateUrls asked of AWS since the last time."""
        return self._aws.take_calls(self.create_id)

    def process_calls(self) -> list[Call]:
        """What ProcessCallback asked of AWS since the last time."""
        return self._aws.take_calls(self.process_id)

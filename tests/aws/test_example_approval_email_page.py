"""`examples/approval-email` with one link to a page, which opening does not answer."""

from __future__ import annotations

import json
import time
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from checks import check_refused
from events import Answer
from example import EMAIL, Example
from moto_aws import Result

HTML = {"Accept": "text/html"}
FORM = HTML | {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def beside(language, aws, executable, tmp_path_factory):
    """The example beside a stack of the application."""

    def deployed(stack) -> Example:
        return Example(
            aws,
            executable,
            tmp_path_factory.mktemp("approval-email-page"),
            "approval-email",
            language,
            stack,
            CreateUrlsFunction=stack.outputs["Function"],
            Email=EMAIL,
            Question="OnePage",
        )

    return deployed


@pytest.fixture(scope="module")
def example(beside, endpoint, application):
    with beside(application(Endpoint=endpoint, EnablePostActions="true")) as deployed:
        yield deployed


@pytest.fixture
def asked(example):
    """An execution that waits, and the one link of its mail."""
    example.forget_calls()
    execution = example.start({"name": "Ben"})
    [link] = example.mail().links()
    yield execution, link
    if execution.status() == "RUNNING":
        submit(example, link, outcome="approve")
        example.mail()


class Inputs(HTMLParser):
    """The hidden fields and the buttons of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.buttons: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[attributes["name"]] = attributes["value"]
        if tag == "button" and attributes.get("name") == "outcome":
            self.buttons.append(attributes["value"])


def opened(example: Example, link: str) -> Answer:
    answer = example.gateway.request("GET", link, HTML)
    assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


def submit(example: Example, link: str, **entries: str) -> Answer:
    """What a person's browser does, who needs more than a second to read."""
    page = Inputs(opened(example, link).text())
    time.sleep(1.1)
    return example.gateway.request("POST", link, FORM, urlencode(page.hidden | entries).encode())


def test_approved(example, asked):
    execution, link = asked
    assert submit(example, link, outcome="approve").status == 200
    output = {"name": "Ben", "output": {"name_in_output": "Ben"}}
    assert execution.result() == Result("SUCCEEDED", output)
    assert "the task is complete" in example.mail().text


def test_rejected_with_a_reason(example, asked):
    execution, link = asked
    assert submit(example, link, outcome="reject", **{"f.reason": "Too late"}).status == 200
    output = {"name": "Ben", "output": {"Error": "rejected", "Cause": "Too late"}}
    assert execution.result() == Result("SUCCEEDED", output)
    assert json.dumps(output) in example.readme
    assert "the task was rejected: Too late" in example.mail().text


def test_opening_the_link_answers_nothing(example, asked):
    execution, link = asked
    for method, headers in [("GET", HTML), ("GET", {}), ("HEAD", HTML), ("POST", HTML), ("POST", FORM)]:
        example.gateway.request(method, link, headers)
    page = opened(example, link)
    assert Inputs(page.text()).buttons == ["approve", "reject"]
    at_once = example.gateway.request(
        "POST", link, FORM, urlencode(Inputs(page.text()).hidden | {"outcome": "approve"}).encode()
    )
    assert at_once.status == 400 and "faster than anybody can read" in at_once.text()
    assert execution.status() == "RUNNING" and not example.reports()


def test_a_rejection_needs_its_reason(example, asked):
    execution, link = asked
    again = submit(example, link, outcome="reject")
    assert again.status == 400 and "Please fill this in." in again.text()
    assert execution.status() == "RUNNING" and not example.reports()


def test_the_first_answer_counts(example, asked):
    execution, link = asked
    assert submit(example, link, outcome="approve").status == 200
    assert execution.result().status == "SUCCEEDED"
    example.mail()
    again = submit(example, link, outcome="reject", **{"f.reason": "x"})
    assert again.status == 400 and "Already answered or closed" in again.text()


def test_without_post_actions_the_task_fails_at_once(beside, application):
    with beside(application(Endpoint="RestApi")) as off:
        result = off.start({"name": "Ben"}).result()
    assert (result.status, result.error) == ("FAILED", "RuntimeError")
    assert "PostActionsDisabled" in result.cause


def test_a_changed_link(example, asked):
    execution, link = asked
    check_refused(example.gateway.request("GET", link[:-1], {}), 400, "InvalidPayload")
    assert execution.status() == "RUNNING" and not example.reports()

"""Executions that wait for a callback, from the token to the end: CreateUrls, the link, Step Functions."""

from __future__ import annotations

import html
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

import events
from checks import (
    APPROVE,
    BEAT,
    BODY_ACTION,
    DECRYPT,
    JSON,
    REJECT,
    REVIEW,
    SEND_FAILURE,
    SEND_HEARTBEAT,
    SEND_SUCCESS,
    STRAY,
    TRANSACTION,
    changed_query,
    check_compact,
    check_done,
    check_refused,
    check_untouched,
    closed,
    created,
    with_query,
)
from moto_aws import Result
from stack import BASE_URL

# --- the published approval e-mail (a state, a user's function, SNS) ----------------------------------------


@pytest.fixture
def approval_email(aws, stack):
    """The published example: state machine, function (invokes CreateUrls, publishes by SNS), mailbox."""
    mailbox = aws.queue()
    topic = aws.sns.create_topic(Name="ApprovalEmailsTopic")["TopicArn"]
    mailbox_arn = aws.sqs.get_queue_attributes(QueueUrl=mailbox, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mailbox_arn)

    def send_mail(event: dict[str, Any]) -> dict[str, Any]:
        if event["step"] == "SendApprovalRequest":
            aws.tokens.append(event["token"])
            name = event["name_in_input"]
            request = {
                "token": event["token"],
                "actions": [
                    {"name": "approve", "type": "success", "output": {"name_in_output": name}},
                    {
                        "name": "reject",
                        "type": "failure",
                        "error": "rejected",
                        "cause": f"{name} rejected it",
                    },
                ],
            }
            invoked = aws.awslambda.invoke(FunctionName="CreateUrls", Payload=json.dumps(request))
            mail = json.loads(invoked["Payload"].read())["urls"]
        elif "Error" in event["output"]:
            mail = {"rejected": event["output"]["Cause"]}
        else:
            mail = {"complete": event["output"]["name_in_output"]}
        aws.sns.publish(TopicArn=topic, Subject="Step Functions example", Message=json.dumps(mail))
        return {}

    aws.functions["ApprovalEmailsFunction"] = send_mail
    aws.functions["CreateUrls"] = stack.create.invoke
    machine = aws.state_machine(
        {
            "Version": "1.0",
            "StartAt": "SendApprovalRequest",
            "States": {
                "SendApprovalRequest": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                    "Parameters": {
                        "FunctionName": "ApprovalEmailsFunction",
                        "Payload": {
                            "step.$": "$$.State.Name",
                            "name_in_input.$": "$.name",
                            "token.$": "$$.Task.Token",
                        },
                    },
                    "ResultPath": "$.output",
                    "Next": "SendConfirmation",
                    "Catch": [
                        {"ErrorEquals": ["rejected"], "ResultPath": "$.output", "Next": "SendConfirmation"}
                    ],
                },
                "SendConfirmation": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": {
                        "FunctionName": "ApprovalEmailsFunction",
                        "Payload": {"step.$": "$$.State.Name", "output.$": "$.output"},
                    },
                    "ResultPath": "$.confirmation",
                    "OutputPath": "$.output",
                    "End": True,
                },
            },
        }
    )
    yield lambda: aws.start(machine, {"name": "Ben"}), lambda: json.loads(aws.receive(mailbox)["Message"])
    del aws.functions["ApprovalEmailsFunction"], aws.functions["CreateUrls"]


def test_published_example_approved(stack, approval_email):
    start, read_mail = approval_email
    execution = start()
    check_done(stack.follow(read_mail()["approve"]), "approve", "success")
    assert execution.result() == Result("SUCCEEDED", {"name_in_output": "Ben"})
    assert read_mail() == {"complete": "Ben"}
    [sent] = [call for call in stack.process_calls() if call.operation == SEND_SUCCESS]
    assert sent.parameters["output"] == '{"name_in_output":"Ben"}'


def test_published_example_rejected(stack, approval_email):
    start, read_mail = approval_email
    execution = start()
    check_done(stack.follow(read_mail()["reject"]), "reject", "failure")
    assert execution.result() == Result("SUCCEEDED", {"Error": "rejected", "Cause": "Ben rejected it"})
    assert read_mail() == {"rejected": "Ben rejected it"}
    [sent] = [call for call in stack.process_calls() if call.operation == SEND_FAILURE]
    assert (sent.parameters["error"], sent.parameters["cause"]) == ("rejected", "Ben rejected it")


def test_published_human_approval_tells_status_by_output(stack, wait):
    """The AWS tutorial: both answers are successes that a Choice state compares, then the console opens."""
    console = "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/executions/details/x"
    for status in ("Approved! Task approved by a@b.example", "Rejected! Task rejected by a@b.example"):
        waiting = wait()
        action = {
            "name": "a",
            "type": "success",
            "output": {"Status": status},
            "response": {"redirect": console},
        }
        answer = stack.follow(stack.urls(waiting.token, action)["a"])
        assert (answer.status, answer.headers["location"]) == (303, console)
        assert waiting.result() == Result("SUCCEEDED", {"Status": status})


# --- doors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("created_by", ["direct", *events.DOORS])
@pytest.mark.parametrize("followed_by", events.DOORS)
def test_every_door_leads_to_the_same_end(stack, wait, created_by, followed_by):
    waiting = wait()
    request = {
        "token": waiting.token,
        "actions": [{"name": "go", "type": "success", "output": {"by": created_by}}],
    }
    if created_by == "direct":
        body = stack.create.invoke(request)
    else:
        answer = stack.post(request, events.DOORS[created_by])
        assert answer.status == 200, answer.text()
        body = answer.json()
    jsonschema.validate(body, created(["go"]))
    check_done(stack.follow(body["urls"]["go"], door=events.DOORS[followed_by]), "go", "success")
    assert waiting.result() == Result("SUCCEEDED", {"by": created_by})


@pytest.mark.parametrize("door", events.DOORS)
def test_every_door_refuses_alike(stack, door):
    check_refused(stack.follow(f"{BASE_URL}/respond", door=events.DOORS[door]), 400, "InvalidPayload")
    check_untouched(stack)


@pytest.mark.parametrize(
    "host", ["", "a b", "é.example", "[::1", "a.example:port", "<script>", "a/b?c#d", None]
)
@pytest.mark.parametrize("door", events.DOORS)
def test_a_strange_host_does_no_harm(stack, wait, door, host):
    waiting = wait()
    event = events.DOORS[door]("GET", stack.urls(waiting.token, APPROVE)["approve"])
    for name in list(event["headers"]):
        if name.lower() == "host":
            del event["headers"][name]
            multi = event.get("multiValueHeaders", {})
            multi.pop(name, None)
            if host is not None:
                event["headers"][name] = host
                multi[name] = [host]
    check_done(events.Answer.of(stack.process.invoke(event)), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


@pytest.mark.parametrize("absent", ["headers", "queryStringParameters", "both"])
def test_a_bare_rest_event_is_refused(stack, absent):
    """The console's test button sends `null` where nothing was typed."""
    event = events.rest_api("GET", f"{BASE_URL}/respond?data=3-AAAA")
    if absent != "queryStringParameters":
        event["headers"] = event["multiValueHeaders"] = None
    if absent != "headers":
        event["queryStringParameters"] = event["multiValueQueryStringParameters"] = None
    check_refused(events.Answer.of(stack.process.invoke(event)), 400, "InvalidPayload")
    check_untouched(stack)


@pytest.mark.parametrize("door", events.DOORS)
def test_every_door_carries_a_posted_body(stack, wait, door):
    waiting = wait()
    url = stack.urls(waiting.token, BODY_ACTION)["hook"]
    check_done(stack.follow_json(url, {"é": ["ü", 1]}, events.DOORS[door]), "hook", "post")
    assert waiting.result() == Result("SUCCEEDED", {"é": ["ü", 1]})


def test_a_direct_invocation_is_no_callback(stack, wait):
    """ProcessCallback serves links alone: a request to create, handed to it, makes none."""
    for event in ({"token": STRAY, "actions": [APPROVE]}, {}, None, "text"):
        answer = stack.process.invoke(event)
        assert "urls" not in json.dumps(answer)
        assert json.dumps(answer).count("ServiceError") == 0, answer
    check_untouched(stack)


# --- success and failure ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output",
    [
        {"b": 1, "a": [True, None, 'é€😀 \\ " \n']},
        None,
        "a text",
        123456789012345678901234567890,
        -0.5,
        [],
        {"$.path": "$name ${x} $$"},
    ],
)
def test_success_sends_compact_json(stack, wait, output):
    waiting = wait()
    url = stack.urls(waiting.token, {"name": "go", "type": "success", "output": output})["go"]
    check_done(stack.follow(url), "go", "success")
    assert waiting.result() == Result("SUCCEEDED", output)
    [sent] = [call for call in stack.process_calls() if call.operation == SEND_SUCCESS]
    assert set(sent.parameters) == {"taskToken", "output"} and sent.parameters["taskToken"] == waiting.token
    check_compact(sent.parameters["output"], output)


def test_numbers_keep_every_digit(stack, wait):
    """Python's JSON would rewrite `1.50` and `1E2`, so this request is written by hand."""
    waiting = wait()
    action = '{"name":"go","type":"success","output":[1.50, 1E2, 1e-400]}'
    request = f'{{"token":"{waiting.token}","actions":[{action}]}}'
    url = json.loads(stack.create.invoke_raw(request.encode()))["urls"]["go"]
    check_done(stack.follow(url), "go", "success")
    [sent] = [call for call in stack.process_calls() if call.operation == SEND_SUCCESS]
    assert sent.parameters["output"].lower() == "[1.50,1e2,1e-400]"


@pytest.mark.parametrize(
    "fields",
    [
        {"error": "rejected", "cause": "because: é €"},
        {"error": "rejected"},
        {"cause": "only a cause"},
        {},
        {"error": "x" * 256, "cause": "é" * 1000},
    ],
)
def test_failure_sends_error_and_cause(stack, wait, fields):
    waiting = wait()
    url = stack.urls(waiting.token, {"name": "no", "type": "failure", **fields})["no"]
    check_done(stack.follow(url), "no", "failure")
    assert waiting.result() == Result("FAILED", None, fields.get("error"), fields.get("cause"))
    [sent] = [call for call in stack.process_calls() if call.operation == SEND_FAILURE]
    assert sent.parameters == {"taskToken": waiting.token, **fields}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_action_and_type_in_the_query_may_be_absent(stack, wait, method):
    waiting = wait()
    url = changed_query(stack.urls(waiting.token, APPROVE)["approve"], action=None, type=None)
    check_done(stack.follow(url, method), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


@pytest.mark.parametrize(
    "changes", [{"action": "reject"}, {"type": "failure"}, {"action": "<script>alert(1)</script>"}]
)
def test_action_and_type_in_the_query_must_be_the_sealed_ones(stack, wait, changes):
    waiting = wait()
    url = changed_query(stack.urls(waiting.token, APPROVE)["approve"], **changes)
    check_refused(stack.follow(url), 400, "ActionMismatched")
    page = stack.follow(url, headers={"Accept": "text/html"})
    assert (page.status, page.media_type) == (400, "text/html")
    assert "ActionMismatched" in page.text() and "<script" not in page.text()
    check_untouched(stack, waiting.execution)


def test_head_never_acts(stack, wait):
    waiting = wait()
    answer = stack.follow(stack.urls(waiting.token, APPROVE)["approve"], "HEAD")
    assert answer.body == b""
    check_untouched(stack, waiting.execution)


def test_an_expired_link_leaves_the_task_alone(stack, wait):
    waiting = wait()
    at = time.time() + 2
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    url = stack.urls(waiting.token, APPROVE, expiration=when)["approve"]
    time.sleep(max(0.0, int(at) - time.time()) + 0.05)
    check_refused(stack.follow(url), 400, "ExpiredPayload")
    check_untouched(stack, waiting.execution)


# --- second use ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [("approve", "approve"), ("approve", "reject"), ("reject", "approve"), ("reject", "reject")],
)
def test_second_use_is_told(stack, wait, first, second):
    """Step Functions' own refusal is passed on. moto alone would call the token invalid, or accept it again
    when a failure is sent; corrected, it answers as AWS does (moto_aws.py)."""
    waiting = wait()
    urls = stack.urls(waiting.token, APPROVE, REJECT)
    check_done(stack.follow(urls[first]), first, "success" if first == "approve" else "failure")
    ended = waiting.result()
    message = check_refused(stack.follow(urls[second]), 400, "StepFunctionsError")
    assert message == "TaskTimedOut:Task Timed Out: 'Provided task does not exist anymore'"
    assert waiting.result() == ended


def test_second_use_as_a_page_shows_the_code(stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    check_done(stack.follow(url), "approve", "success")
    page = stack.follow(url, headers={"Accept": "text/html"})
    assert (page.status, page.media_type) == (400, "text/html")
    assert "StepFunctionsError" in page.text()
    assert waiting.token not in page.text()


@pytest.mark.parametrize("action", [APPROVE, REJECT, BEAT])
def test_a_token_that_nobody_waits_for(stack, action):
    url = stack.urls(STRAY, action)[action["name"]]
    message = check_refused(stack.follow(url), 400, "StepFunctionsError")
    assert message.startswith("InvalidToken:")


# --- heartbeat ----------------------------------------------------------------------------------------------


def test_heartbeats_keep_the_task_waiting(stack, wait):
    waiting = wait(heartbeat_seconds=3)
    urls = stack.urls(waiting.token, BEAT, APPROVE)
    for _ in range(3):
        time.sleep(1.2)
        check_done(stack.follow(urls["beat"]), "beat", "heartbeat")
        assert waiting.execution.status() == "RUNNING"
    check_done(stack.follow(urls["approve"]), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})
    sent = [call.operation for call in stack.process_calls() if call.operation.startswith("AWSStepFunctions")]
    assert sent == [SEND_HEARTBEAT] * 3 + [SEND_SUCCESS]


def test_without_heartbeats_the_task_ends_and_the_links_say_so(stack, wait):
    waiting = wait(heartbeat_seconds=1)
    urls = stack.urls(waiting.token, BEAT, APPROVE, REJECT)
    ended = waiting.result()
    # moto says States.Timeout where AWS says States.HeartbeatTimeout.
    assert ended.status == "FAILED" and ended.error in ("States.HeartbeatTimeout", "States.Timeout")
    for url in urls.values():
        message = check_refused(stack.follow(url), 400, "StepFunctionsError")
        assert message.startswith("TaskTimedOut:")


# --- post actions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ({"state": "merged", "commits": [{"id": "a1"}, {"id": "b2"}]}, Result("SUCCEEDED", ["a1", "b2"])),
        ({"state": "merged", "commits": [{"id": "a1"}]}, Result("SUCCEEDED", ["a1"])),
        ({"state": "merged", "commits": []}, Result("SUCCEEDED", [])),
        ({"state": "skipped"}, Result("SUCCEEDED", {"skipped": True})),
        (
            {"state": "closed", "error": "stale", "reasons": ["too old"]},
            Result("FAILED", None, "stale", "too old"),
        ),
        (
            {"state": "closed", "error": "stale", "reasons": ["old", "big"]},
            Result("FAILED", None, "stale", '["old", "big"]'),
        ),
        ({"state": "closed", "reasons": [1]}, Result("FAILED", None, None, "[1]")),
        ({"state": "closed"}, Result("FAILED", None, None, None)),
        ({"state": "broken", "why": "no disk"}, Result("FAILED", None, "broken", "no disk")),
    ],
)
def test_schema_selects_the_outcome(stack, wait, body, result):
    waiting = wait()
    url = stack.urls(waiting.token, REVIEW)["review"]
    answer = stack.follow_json(url, body)
    if body["state"] == "merged":
        assert (answer.status, answer.json()) == (200, {"thanks": "merged"})
    else:
        check_done(answer, "review", "post")
    ended = waiting.result()
    # The text of an array may have blanks or not; its value counts.
    if result.cause is not None and result.cause.startswith("["):
        assert json.loads(ended.cause or "") == json.loads(result.cause)
        ended = Result(ended.status, ended.output, ended.error, result.cause)
    assert ended == result


def test_a_posted_heartbeat_leaves_the_task_waiting(stack, wait):
    waiting = wait(heartbeat_seconds=30)
    url = stack.urls(waiting.token, REVIEW)["review"]
    check_done(stack.follow_json(url, {"state": "pending"}), "review", "post")
    assert waiting.execution.status() == "RUNNING"
    check_done(stack.follow_json(url, {"state": "skipped"}), "review", "post")
    assert waiting.result() == Result("SUCCEEDED", {"skipped": True})


@pytest.mark.parametrize("body", [{"a": [1, None]}, None, [], "text", 0, {"state": "é"}])
def test_the_body_is_the_output(stack, wait, body):
    waiting = wait()
    url = stack.urls(waiting.token, BODY_ACTION)["hook"]
    check_done(stack.follow_json(url, body), "hook", "post")
    assert waiting.result() == Result("SUCCEEDED", body)


@pytest.mark.parametrize(
    ("body", "output"),
    [({"x": 1, "y": 2}, [1]), ({"y": 2}, []), ([], []), (None, None), ({"x": None}, [None])],
)
def test_a_path_gives_an_array_but_for_null(stack, wait, body, output):
    waiting = wait()
    action = {
        **BODY_ACTION,
        "outcomes": [{"name": "o", "type": "success", "schema": {}, "output_path": "$.x"}],
    }
    check_done(stack.follow_json(stack.urls(waiting.token, action)["hook"], body), "hook", "post")
    assert waiting.result() == Result("SUCCEEDED", output)


def test_a_post_action_refuses_get(stack, wait):
    waiting = wait()
    answer = stack.follow(stack.urls(waiting.token, REVIEW)["review"])
    check_refused(answer, 405, "PostActionNotPosted")
    assert answer.headers["allow"] == "POST"
    check_untouched(stack, waiting.execution)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param(JSON, '{"state": "unknown"}', 400, id="no schema matches"),
        pytest.param(JSON, '{"state": ', 400, id="broken JSON"),
        pytest.param(JSON, None, 400, id="no body"),
        pytest.param(JSON, "", 400, id="empty body"),
        pytest.param(JSON, '{"state": NaN}', 400, id="NaN"),
        pytest.param(JSON, '{"state": Infinity}', 400, id="Infinity"),
        pytest.param(JSON, b'{"state": "\xff"}', 400, id="not UTF-8"),
        pytest.param({"Content-Type": "text/plain"}, '{"state": "skipped"}', 415, id="text"),
        pytest.param({"Content-Type": "application/x-www-form-urlencoded"}, "state=skipped", 415, id="form"),
    ],
)
def test_bodies_that_a_post_action_refuses(stack, wait, headers, body, status):
    waiting = wait()
    url = stack.urls(waiting.token, REVIEW)["review"]
    check_refused(stack.follow(url, "POST", headers, body), status, "InvalidPostActionBody")
    check_untouched(stack, waiting.execution)
    check_done(stack.follow_json(url, {"state": "skipped"}), "review", "post")
    assert waiting.result() == Result("SUCCEEDED", {"skipped": True})


@pytest.mark.parametrize("content_type", ["application/JSON; charset=UTF-8", "application/vnd.github+json"])
def test_media_types_that_are_json(stack, wait, content_type):
    waiting = wait()
    url = stack.urls(waiting.token, BODY_ACTION)["hook"]
    check_done(stack.follow(url, "POST", {"Content-Type": content_type}, '{"a":1}'), "hook", "post")
    assert waiting.result() == Result("SUCCEEDED", {"a": 1})


def test_a_result_too_long_is_refused_before_anything_is_sent(stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, BODY_ACTION)["hook"]
    check_refused(stack.follow_json(url, "x" * 262_144), 400, "InvalidPostActionBody")
    check_untouched(stack, waiting.execution)


# --- output parameters --------------------------------------------------------------------------------------

GREETING = {
    "name": "greet",
    "type": "success",
    "output": {"${who}": ["Hello $who, $$5 for ${what}", 7, None], "by": "$action/$type"},
    "response": {"json": {"to": "$who"}, "html": "<p>$who</p>", "text": "to $who"},
}


def test_parameters_fill_every_string(stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, GREETING, enable_output_parameters=True)["greet"]
    answer = stack.follow(with_query(url, who="Ann & Bob", what="té"))
    assert (answer.status, answer.json()) == (200, {"to": "Ann & Bob"})
    expected = {"Ann & Bob": ["Hello Ann & Bob, $5 for té", 7, None], "by": "greet/success"}
    assert waiting.result() == Result("SUCCEEDED", expected)


@pytest.mark.parametrize(
    ("accept", "body"),
    [("text/html", "<p><b></p>"), ("text/plain", "to <b>"), ("application/json", None)],
)
def test_parameters_in_the_response_are_escaped_in_html(stack, wait, accept, body):
    waiting = wait()
    url = stack.urls(waiting.token, GREETING, enable_output_parameters=True)["greet"]
    answer = stack.follow(with_query(url, who="<b>", what="x"), headers={"Accept": accept})
    assert (answer.status, answer.media_type) == (200, accept)
    if accept == "application/json":
        assert answer.json() == {"to": "<b>"}
    elif accept == "text/html":
        # Which character reference is used does not matter.
        assert "<b>" not in answer.text() and html.unescape(answer.text()) == body
    else:
        assert answer.text() == body
    assert waiting.result().status == "SUCCEEDED"


def test_parameters_fill_error_and_cause(stack, wait):
    waiting = wait()
    action = {"name": "no", "type": "failure", "error": "E.$code", "cause": "$who said no"}
    url = stack.urls(waiting.token, action, enable_output_parameters=True)["no"]
    check_done(stack.follow(with_query(url, code="42", who="Ann")), "no", "failure")
    assert waiting.result() == Result("FAILED", None, "E.42", "Ann said no")


def test_a_parameter_cannot_move_a_redirect(stack, wait):
    waiting = wait()
    redirect = "https://example.org/$page?from=$who"
    action = {**APPROVE, "response": {"redirect": redirect}}
    url = stack.urls(waiting.token, action, enable_output_parameters=True)["approve"]
    answer = stack.follow(with_query(url, page="../@evil.example/", who="a&b=c"))
    assert answer.status == 303
    target = urlsplit(answer.headers["location"])
    assert (target.scheme, target.netloc) == ("https", "example.org")
    assert parse_qsl(target.query) == [("from", "a&b=c")]
    assert waiting.result().status == "SUCCEEDED"


@pytest.mark.parametrize("missing", [{}, {"who": "Ann"}, {"what": "x"}, {"WHO": "Ann", "what": "x"}])
def test_a_missing_parameter_leaves_the_task_alone(stack, wait, missing):
    waiting = wait()
    url = stack.urls(waiting.token, GREETING, enable_output_parameters=True)["greet"]
    check_refused(stack.follow(with_query(url, **missing) if missing else url), 400, "OutputFormatting")
    check_untouched(stack, waiting.execution)
    assert stack.follow(with_query(url, who="Ann", what="x")).status == 200
    assert waiting.result().status == "SUCCEEDED"


@pytest.mark.parametrize("response", [{"json": {"a": "$gone"}}, {"html": "$gone"}, {"text": "$gone"}])
def test_what_will_be_answered_is_rendered_before_anything_is_sent(stack, wait, response):
    waiting = wait()
    action = {**APPROVE, "response": response}
    url = stack.urls(waiting.token, action, enable_output_parameters=True)["approve"]
    accept = {"json": "application/json", "html": "text/html", "text": "text/plain"}[next(iter(response))]
    answer = stack.follow(url, headers={"Accept": accept})
    assert answer.status == 400 and "OutputFormatting" in answer.text()
    check_untouched(stack, waiting.execution)


@pytest.mark.parametrize("output", ["$", "5 $ each", "${who", "$1", "${é}"])
def test_malformed_placeholders(stack, wait, output):
    waiting = wait()
    request = {
        "token": waiting.token,
        "actions": [{"name": "go", "type": "success", "output": output}],
        "enable_output_parameters": True,
    }
    url = stack.create.invoke(request)["urls"]["go"]
    check_refused(stack.follow(with_query(url, who="Ann")), 400, "OutputFormatting")
    check_untouched(stack, waiting.execution)


def test_without_parameters_a_dollar_is_a_dollar(stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, {"name": "go", "type": "success", "output": "$who"})["go"]
    check_done(stack.follow(with_query(url, who="Ann")), "go", "success")
    assert waiting.result() == Result("SUCCEEDED", "$who")


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/plain", "text/plain"),
        ("*/*", "application/json"),
        ("text/html;q=0.5, text/plain", "text/plain"),
        ("text/html;q=0, */*;q=0.1", "application/json"),
        ("image/png", "application/json"),
        ("garbage;;;", "application/json"),
    ],
)
def test_answers_have_the_type_that_is_wanted(stack, wait, accept, media_type):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    answer = stack.follow(url, headers={} if accept is None else {"Accept": accept})
    assert (answer.status, answer.media_type) == (200, media_type)
    assert "approve" in answer.text()
    if media_type != "text/html":
        expected = closed(
            transaction_id=TRANSACTION, action=closed(name={"const": "approve"}, type={"const": "success"})
        )
        jsonschema.validate(json.loads(answer.body), expected)
    assert waiting.result().status == "SUCCEEDED"


def test_a_custom_response_replaces_only_its_own_type(stack, wait):
    action = {"name": "beat", "type": "heartbeat", "response": {"html": "<h1>Thanks</h1>"}}
    waiting = wait(heartbeat_seconds=30)
    url = stack.urls(waiting.token, action)["beat"]
    assert stack.follow(url, headers={"Accept": "text/html"}).text() == "<h1>Thanks</h1>"
    check_done(stack.follow(url), "beat", "heartbeat")
    assert waiting.execution.status() == "RUNNING"
    # Let the execution end.
    check_done(stack.follow(stack.urls(waiting.token, APPROVE)["approve"]), "approve", "success")


def test_an_error_is_never_a_custom_response(stack):
    action = {
        **APPROVE,
        "response": {"json": {"ok": True}, "html": "ok", "text": "ok", "redirect": "https://a.example/"},
    }
    url = stack.urls(STRAY, action)["approve"]
    for accept in ("application/json", "text/html", "text/plain"):
        answer = stack.follow(url, headers={"Accept": accept})
        assert (answer.status, answer.media_type) == (400, accept)
        assert "StepFunctionsError" in answer.text()


# --- several stacks -----------------------------------------------------------------------------------------


def test_without_a_key_links_are_plain_and_work(new_stack, wait):
    stack = new_stack(KEY_ID=None)
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    assert "&data=1-" in url
    check_done(stack.follow(url), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})
    assert not [
        call for call in stack.create_calls() + stack.process_calls() if call.operation.startswith("Trent")
    ]


def test_another_audience_opens_nothing(stack, new_stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    other = new_stack(AUDIENCE="another")
    check_refused(other.follow(url), 400, "InvalidPayload")
    check_untouched(other, waiting.execution)


def test_another_key_opens_nothing(aws, stack, new_stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    other = new_stack(KEY_ID=aws.other_key)
    check_refused(other.follow(url), 400, "InvalidPayload")
    check_untouched(other, waiting.execution)


def test_links_of_the_key_before_still_open(aws, stack, new_stack, wait):
    waiting = wait()
    url = stack.urls(waiting.token, APPROVE)["approve"]
    changed = new_stack(KEY_ID=aws.other_key, DECRYPT_KEY_IDS=aws.key)
    check_done(changed.follow(url), "approve", "success")
    assert waiting.result() == Result("SUCCEEDED", {"approved": True})


@pytest.mark.parametrize(
    ("setting", "code"),
    [("ENABLE_POST_ACTIONS", "PostActionsDisabled"), ("ENABLE_OUTPUT_PARAMETERS", "ParametersDisabled")],
)
def test_a_feature_switched_off_after_the_link_was_made(stack, new_stack, wait, setting, code):
    waiting = wait()
    urls = stack.urls(waiting.token, BODY_ACTION, APPROVE, enable_output_parameters=True)
    off = new_stack(**{setting: "false"})
    answer = (
        off.follow_json(urls["hook"], {}) if setting == "ENABLE_POST_ACTIONS" else off.follow(urls["approve"])
    )
    check_refused(answer, 400, code)
    check_untouched(off, waiting.execution)


def test_a_link_is_opened_with_the_pinned_key_and_its_data_key_kept(aws, new_stack, wait):
    stack = new_stack()
    first, second = wait(), wait()
    urls = [stack.urls(waiting.token, APPROVE)["approve"] for waiting in (first, second)]
    for url in urls:
        check_done(stack.follow(url), "approve", "success")
    calls = stack.process_calls()
    assert [call.operation for call in calls] == [DECRYPT, SEND_SUCCESS, SEND_SUCCESS]
    assert calls[0].parameters["KeyId"] == aws.key
    assert calls[0].parameters["EncryptionContext"] == {
        "app": "sfn-callback-urls",
        "fmt": "3",
        "aud": "tests",
    }


# --- logs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbose", ["true", "false"])
def test_each_request_is_one_json_line_without_the_token(new_stack, wait, verbose):
    stack = new_stack(VERBOSE_LOGGING=verbose)
    waiting = wait()
    made = stack.create.invoke({"token": waiting.token, "actions": [APPROVE]})
    check_done(stack.follow(made["urls"]["approve"]), "approve", "success")
    waiting.result()
    for function in (stack.create, stack.process):
        assert waiting.token not in function.log()
        assert "&data=" not in function.log() and "3-A" not in function.log()
        lines = [json.loads(line) for line in function.log().splitlines()]
        assert any(made["transaction_id"] in json.dumps(line) for line in lines), function.log()
        if verbose == "false":
            assert len(lines) == 1, function.log()

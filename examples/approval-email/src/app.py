"""Sends the two e-mails of the example: the question with its links, and the confirmation of the answer.

The state machine says in `step` which of the two is due. Two functions would do as well.
"""

import json
import os

import boto3

awslambda = boto3.client("lambda")
sns = boto3.client("sns")

TWO_LINKS = """Hello {name},

please decide. The first link that is opened counts.

Approve:
{approve}

Reject:
{reject}
"""

ONE_PAGE = """Hello {name},

please decide. Opening the link does nothing; the first answer on its page counts.

{decide}
"""


def lambda_handler(event, context):
    if event["step"] == "SendApprovalRequest":
        ask(event["name_in_input"], event["token"])
    elif event["step"] == "SendConfirmation":
        confirm(event["output"])
    else:
        raise ValueError(f"step: {event['step']!r} is none of SendApprovalRequest, SendConfirmation")
    return {}


def ask(name, token):
    if os.environ["QUESTION"] == "OnePage":
        text, actions = ONE_PAGE, [one_page(name)]
    else:
        text, actions = TWO_LINKS, two_links(name)
    send("Please approve or reject", text.format(name=name, **create_urls(token, actions)))


def two_links(name):
    return [
        {"name": "approve", "type": "success", "output": {"name_in_output": name}},
        {"name": "reject", "type": "failure", "error": "rejected", "cause": f"{name} rejected it"},
    ]


def one_page(name):
    """The same answers behind one link. Whoever rejects says why."""
    return {
        "name": "decide",
        "type": "form",
        "title": "Approve or reject?",
        "facts": [["Name", name]],
        "outcomes": [
            {
                "name": "approve",
                "type": "success",
                "label": "Approve",
                "style": "primary",
                "output": {"name_in_output": name},
            },
            {
                "name": "reject",
                "type": "failure",
                "label": "Reject",
                "style": "danger",
                "schema": {
                    "properties": {"reason": {"type": "string", "title": "Why?", "maxLength": 500}},
                    "required": ["reason"],
                },
                "error": "rejected",
                "cause_path": "$.reason",
            },
        ],
    }


def confirm(output):
    if "Error" in output:
        send("The task was rejected", f"Hello,\n\nthe task was rejected: {output['Cause']}\n")
    else:
        send("The task is complete", f"Hello {output['name_in_output']},\n\nthe task is complete.\n")


def create_urls(token, actions):
    """The links for a task token, by the names of their actions. Do not log them: whoever has a link can use it."""
    answer = awslambda.invoke(
        FunctionName=os.environ["CREATE_URLS_FUNCTION"],
        Payload=json.dumps({"token": token, "actions": actions}),
    )
    created = json.load(answer["Payload"])
    # A refusal is returned, not raised. Raising it here fails the waiting state at once.
    if "urls" not in created:
        raise RuntimeError(f"{created.get('error', 'CreateUrls failed')}: {created.get('message', created)}")
    return created["urls"]


def send(subject, message):
    sns.publish(TopicArn=os.environ["TOPIC_ARN"], Subject=subject, Message=message)

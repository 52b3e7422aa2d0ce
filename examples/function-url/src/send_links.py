"""Makes an approve and a reject link for a task token and sends them by e-mail."""

import json
import os

import boto3

awslambda = boto3.client("lambda")
sns = boto3.client("sns")

MESSAGE = """Execution {execution} asks for your approval. The first link that is opened counts;
after {expiration} both are void.

Approve {approve}

Reject {reject}
"""


def lambda_handler(event, context):
    execution = event["ExecutionContext"]["Execution"]["Name"]
    created = create_urls(
        {
            "token": event["token"],
            # The links end when the task does, so that a late visitor is told so.
            "expires_in": f"PT{event['LinksExpireAfterSeconds']}S",
            "actions": [
                answer("approve", "Approved! Task approved by"),
                answer("reject", "Rejected! Task rejected by"),
            ],
        }
    )
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject="Required approval from AWS Step Functions",
        Message=MESSAGE.format(execution=execution, expiration=created["expiration"], **created["urls"]),
    )


def answer(name, status):
    """An action that succeeds: the state machine looks at the Status to see what was decided."""
    return {"name": name, "type": "success", "output": {"Status": f"{status} {os.environ['EMAIL']}"}}


def create_urls(request):
    """CreateUrls' answer. Do not log it: whoever has a link can use it."""
    invoked = awslambda.invoke(FunctionName=os.environ["CREATE_URLS_FUNCTION"], Payload=json.dumps(request))
    created = json.load(invoked["Payload"])
    # A refusal is returned, not raised. Raising it here fails the waiting state at once.
    if "urls" not in created:
        raise RuntimeError(f"{created.get('error', 'CreateUrls failed')}: {created.get('message', created)}")
    return created

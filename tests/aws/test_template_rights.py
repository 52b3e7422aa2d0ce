"""The roles of the deployed template against the calls of the real executable: all are allowed, and no right is idle."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

import old_app
import templates
from checks import APPROVE, BEAT, REJECT, check_done, check_refused
from deployment import ROOT, Deployment
from events import Answer
from gateway import Gateway
from moto_aws import ACCOUNT, REGION, Call
from receiver import Receiver
from simulation import Request, allowing, request, rights

# What Lambda itself does under a function's role, in its name.
OF_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


class Application:
    """A deployed stack and its calls so far."""

    def __init__(self, aws, executable: Path, folder: Path, template: str, **parameters: str):
        self.deployment = Deployment(aws, ROOT / template, **parameters)
        self.gateway = Gateway(aws, executable, folder, self.deployment)
        functions = self.deployment.resources("AWS::Lambda::Function")
        self.create, self.process = functions["CreateUrls"], functions["ProcessCallback"]
        self.calls: dict[str, list[Call]] = {self.create: [], self.process: []}

    def links(self, token: str, *actions: dict) -> dict[str, str]:
        answer = self.gateway.invoke(self.create, {"token": token, "actions": list(actions)})
        assert "urls" in answer, answer
        return answer["urls"]

    def follow(self, url: str) -> Answer:
        return self.gateway.request("GET", url)

    def old_link(self, token: str, key: str, action: dict) -> str:
        data = old_app.encrypted(key, old_app.payload(token, action))
        return old_app.link(data).replace(old_app.BASE_URL, self.deployment.outputs["LinkBase"])

    def asked(self, function: str) -> list[Request]:
        """Everything that a function has asked of AWS."""
        self.calls[function] += self.gateway.calls_of(function)
        return [request(call) for call in self.calls[function]]


def check_rights(application: Application) -> None:
    """Every call is allowed, and every right allowed one, but for those that Lambda uses."""
    for function in (application.create, application.process):
        granted = application.gateway.granted_to(function)
        used = set()
        for asked in application.asked(function):
            allowed = allowing(granted, asked)
            assert allowed, f"{asked} is not granted"
            used |= allowed
        idle = {right for right in rights(granted) if right[1] not in OF_LAMBDA} - used
        assert not idle, f"{function} does not need {idle}"
        log = application.deployment.resources("AWS::Logs::LogGroup")
        name = log["CreateUrlsLogGroup" if function == application.create else "ProcessCallbackLogGroup"]
        for _, action, resource in rights(granted):
            if action.startswith("logs:"):
                # In AWS the ARN of a log group ends with `:*`, in moto it does not.
                assert resource.removesuffix(":*") == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"


@pytest.fixture
def deploy(aws, executable, tmp_path):
    running = []

    def deployed(template: str = templates.REST, **parameters: str) -> Application:
        application = Application(aws, executable, tmp_path, template, **parameters)
        running.append(application.gateway.__enter__())
        return application

    yield deployed
    for gateway in running:
        gateway.__exit__(None, None, None)


@pytest.mark.parametrize("template", templates.TEMPLATES)
def test_every_call_is_granted_and_every_right_is_used(deploy, aws, wait, template) -> None:
    former = deploy(template, EncryptionKeyArn=aws.other_key, Audience="approvals")
    application = deploy(template, DecryptKeyArns=aws.other_key, Audience="approvals", Tracing="true")
    base = application.deployment.outputs["LinkBase"], former.deployment.outputs["LinkBase"]

    beating = wait(heartbeat_seconds=60)
    links = application.links(beating.token, APPROVE, BEAT)
    check_done(application.follow(links["beat"]), "beat", "heartbeat")
    check_done(application.follow(links["approve"]), "approve", "success")
    assert beating.result().status == "SUCCEEDED"
    check_done(application.follow(application.links(wait().token, REJECT)["reject"]), "reject", "failure")
    # Links of the former key, and of the old application under both keys.
    url = former.links(wait().token, APPROVE)["approve"]
    check_done(application.follow(url.replace(base[1], base[0])), "approve", "success")
    for key in (application.deployment.outputs["Key"], aws.other_key):
        url = application.old_link(wait().token, key, APPROVE)
        check_done(application.follow(url), "approve", "success")

    check_rights(application)
    operations = {asked.action for asked in application.asked(application.process)}
    assert operations == {
        "kms:Decrypt",
        "states:SendTaskSuccess",
        "states:SendTaskFailure",
        "states:SendTaskHeartbeat",
    }
    assert {asked.action for asked in application.asked(application.create)} == {"kms:GenerateDataKey"}


@pytest.mark.parametrize("template", templates.TEMPLATES)
def test_each_delivery_is_granted_and_nothing_else_is(deploy, aws, wait, tmp_path, template) -> None:
    topic, _ = aws.topic()
    aws.ses.create_email_identity(EmailIdentity="example.com")
    bus = aws.eventbridge.create_event_bus(Name=uuid.uuid4().hex)["EventBusArn"]
    name = f"/{uuid.uuid4().hex}/slack"
    url = "https://hooks.slack.com/services/x"
    secret = aws.secrets.create_secret(Name=name[1:], SecretString=url)["ARN"]
    aws.parameters.put_parameter(Name=name, Value=url, Type="SecureString")
    application = deploy(
        template,
        DeliverTopicArns=topic,
        DeliverIdentityArns=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
        DeliverEventBusArns=bus,
        DeliverSecretArns=secret,
        DeliverParameterArns=f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}",
        DeliverHosts="hooks.example.com",
    )
    deliver = [
        {"sns": {"topic_arn": topic}},
        {"ses": {"from": "us@example.com", "to": ["ann@example.com"]}},
        {"eventbridge": {"event_bus_arn": bus}},
    ]
    chats = [
        {"slack": {"webhook": {"secretsmanager": secret}}, "optional": True},
        {"slack": {"webhook": {"ssm": name}}, "optional": True},
    ]
    with Receiver(tmp_path, "hooks.slack.com") as receiver:
        function = application.gateway.new_function(application.create, **receiver.settings())
        with function:
            request = {"token": wait().token, "actions": [APPROVE | {"confirm": True}], "deliver": deliver + chats}
            answer = function.invoke(request)
            assert "warnings" not in answer, answer
            assert [it["channel"] for it in answer["delivered"]] == ["sns", "ses", "eventbridge", "slack", "slack"]
            assert len(receiver.take()) == 2
    granted = application.gateway.granted_to(application.create)
    asked = application.asked(application.create)
    used = set().union(*(allowing(granted, it) for it in asked))
    assert all(allowing(granted, it) for it in asked), asked
    idle = {right for right in rights(granted) if right[1] not in OF_LAMBDA} - used
    # SES has two actions for one call; which one it asks for depends on the content.
    assert {action for _, action, _ in idle} == {"ses:SendEmail"}
    for action, resource in (
        ("sns:Publish", f"{topic}2"),
        ("sns:Publish", "+15550100"),
        ("ses:SendRawEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/other.example"),
        ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"),
        ("secretsmanager:GetSecretValue", f"{secret}2"),
        ("secretsmanager:PutSecretValue", secret),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}2"),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}"),
    ):
        assert not allowing(granted, Request(action, resource)), (action, resource)
    process = application.gateway.granted_to(application.process)
    services = {action.split(":")[0] for _, action, _ in rights(process)}
    assert services <= {"logs", "kms", "states", "xray"}, "the public function delivers nothing"


def test_without_old_links_their_right_is_gone(deploy, wait) -> None:
    application = deploy(AcceptLegacyUrls="false")
    waiting = wait()
    key = application.deployment.outputs["Key"]
    old = application.old_link(waiting.token, key, APPROVE)
    check_refused(application.follow(old), 400, "InvalidPayload")
    assert application.asked(application.process) == [], "KMS is not even asked"
    links = application.links(waiting.token, APPROVE)
    check_done(application.follow(links["approve"]), "approve", "success")
    granted = application.gateway.granted_to(application.process)
    legacy = {"kms:EncryptionContextKeys": ["aws-crypto-public-key"]}
    assert not allowing(granted, Request("kms:Decrypt", key, legacy))
    assert not allowing(granted, Request("kms:Decrypt", key))


def test_without_encryption_there_is_no_right_to_a_key(deploy, wait) -> None:
    application = deploy(DisableEncryption="true")
    waiting = wait()
    links = application.links(waiting.token, APPROVE)
    check_done(application.follow(links["approve"]), "approve", "success")
    for function in (application.create, application.process):
        granted = application.gateway.granted_to(function)
        assert not [right for right in rights(granted) if right[1].startswith("kms:")]
    assert application.asked(application.create) == []
    assert not application.deployment.resources("AWS::KMS::Key")


def mac_key(application: Application) -> str:
    return application.deployment.outputs["MacKey"]


@pytest.mark.parametrize("template", templates.TEMPLATES)
def test_compact_links_take_one_right_more(deploy, aws, wait, template) -> None:
    application = deploy(template, CompactLinks="true", Audience="approvals")
    waiting = wait(heartbeat_seconds=60)
    links = application.links(waiting.token, APPROVE, BEAT)
    assert all("/respond?data=3-Aw" in link for link in links.values()), "suite 0x03"
    check_done(application.follow(links["beat"]), "beat", "heartbeat")
    check_done(application.follow(links["approve"]), "approve", "success")
    assert waiting.result().status == "SUCCEEDED"
    key = mac_key(application)
    for function in (application.create, application.process):
        asked = [it for it in application.asked(function) if it.action.startswith("kms:")]
        assert asked == [Request("kms:GenerateMac", key, {"kms:MacAlgorithm": "HMAC_SHA_256"})]
        granted = application.gateway.granted_to(function)
        assert [right[1:] for right in allowing(granted, asked[0])] == [("kms:GenerateMac", key)]
    # On the way from one kind of link to the other, roles change before functions do. So the other right stays.
    granted = application.gateway.granted_to(application.create)
    assert {right[1] for right in rights(granted) if right[1].startswith("kms:")} == {
        "kms:GenerateDataKey",
        "kms:GenerateMac",
    }


def test_the_right_to_macs_is_for_one_key_and_one_algorithm(deploy) -> None:
    application = deploy(CompactLinks="true")
    key, symmetric = mac_key(application), application.deployment.outputs["Key"]
    assert key != symmetric
    ours = {"kms:MacAlgorithm": "HMAC_SHA_256"}
    for function in (application.create, application.process):
        granted = application.gateway.granted_to(function)
        assert allowing(granted, Request("kms:GenerateMac", key, ours))
        for asked in (
            Request("kms:GenerateMac", key, {"kms:MacAlgorithm": "HMAC_SHA_512"}),
            Request("kms:GenerateMac", key),
            Request("kms:GenerateMac", symmetric, ours),
            Request("kms:GenerateMac", "*", ours),
            Request("kms:VerifyMac", key, ours),
            Request("kms:DisableKey", key),
            Request("kms:ScheduleKeyDeletion", key),
            Request("kms:Decrypt", key, OURS),
            Request("kms:GenerateDataKey", key, OURS),
        ):
            assert not allowing(granted, asked), asked


def test_compact_links_that_are_out_open_when_no_more_are_made(deploy, wait) -> None:
    application = deploy(CompactLinks="accept")
    waiting = wait()
    links = application.links(waiting.token, APPROVE)
    assert "&data=3-AQ" in links["approve"], "suite 0x01"
    check_done(application.follow(links["approve"]), "approve", "success")
    asked = Request("kms:GenerateMac", mac_key(application), {"kms:MacAlgorithm": "HMAC_SHA_256"})
    assert allowing(application.gateway.granted_to(application.process), asked)
    assert not allowing(application.gateway.granted_to(application.create), asked), "it makes none"


def test_without_compact_links_there_is_no_hmac_key(deploy) -> None:
    application = deploy()
    assert len(application.deployment.resources("AWS::KMS::Key")) == 1
    for function in (application.create, application.process):
        granted = application.gateway.granted_to(function)
        assert not [right for right in rights(granted) if right[1] == "kms:GenerateMac"]


@pytest.mark.parametrize("template", templates.TEMPLATES)
def test_the_hmac_key_outlives_the_stack(template) -> None:
    resources = templates.written(template)["Resources"]
    mac, symmetric = resources["MacKey"], resources["EncryptionKey"]
    assert (mac["Properties"]["KeySpec"], mac["Properties"]["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
    for rule in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert mac[rule] == symmetric[rule]
    assert mac["Properties"]["KeyPolicy"] == symmetric["Properties"]["KeyPolicy"]


@pytest.fixture(scope="module")
def granted(aws, executable, tmp_path_factory):
    """The statements of both roles as the template comes but for its audience, and the stack's key."""
    folder = tmp_path_factory.mktemp("granted")
    application = Application(
        aws, executable, folder, templates.REST, DecryptKeyArns=aws.other_key, Audience="approvals"
    )
    create, process = map(application.gateway.granted_to, (application.create, application.process))
    return create, process, application.deployment.outputs["Key"]


OURS = {
    "kms:EncryptionContext:app": "sfn-callback-urls",
    "kms:EncryptionContext:fmt": "3",
    "kms:EncryptionContext:aud": "approvals",
    "kms:EncryptionContextKeys": ["app", "aud", "fmt"],
}


def without(name: str) -> dict:
    return {key: value for key, value in OURS.items() if key != name}


def test_each_role_is_kept_to_its_own_call(granted) -> None:
    create, process, key = granted
    assert allowing(create, Request("kms:GenerateDataKey", key, OURS))
    assert allowing(process, Request("kms:Decrypt", key, OURS))
    for role, actions in (
        (create, ["kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "states:SendTaskSuccess"]),
        (process, ["kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:Encrypt", "kms:DisableKey"]),
        (process, ["states:StartExecution", "states:GetActivityTask", "lambda:InvokeFunction", "iam:PassRole"]),
    ):
        for action in actions:
            for resource in (key, "*"):
                assert not allowing(role, Request(action, resource, OURS)), action


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(OURS | {"kms:EncryptionContext:aud": "other"}, id="another audience"),
        pytest.param(OURS | {"kms:EncryptionContext:app": "other"}, id="another application"),
        pytest.param(OURS | {"kms:EncryptionContext:fmt": "4"}, id="another format"),
        *(pytest.param(without(name), id=f"no {name[-3:]}") for name in list(OURS)[:3]),
    ],
)
def test_other_contexts_are_not_granted(granted, context) -> None:
    create, process, key = granted
    assert not allowing(create, Request("kms:GenerateDataKey", key, context))
    assert not allowing(process, Request("kms:Decrypt", key, context))


def test_data_that_others_sealed_under_the_key_is_not_granted(granted) -> None:
    create, process, key = granted
    foreign = {"kms:EncryptionContext:table": "orders", "kms:EncryptionContextKeys": ["table"]}
    mixed = {"kms:EncryptionContextKeys": ["aws-crypto-public-key", "table"]}
    for context in (foreign, mixed):
        assert not allowing(process, Request("kms:Decrypt", key, context))
    assert not allowing(create, Request("kms:GenerateDataKey", key))


def test_other_keys_are_not_granted(granted, aws) -> None:
    create, process, key = granted
    stranger = aws.key
    assert stranger not in (key, aws.other_key)
    assert not allowing(process, Request("kms:Decrypt", stranger, OURS))
    assert not allowing(create, Request("kms:GenerateDataKey", stranger, OURS))
    # The former key opens and never seals.
    assert allowing(process, Request("kms:Decrypt", aws.other_key, OURS))
    assert not allowing(create, Request("kms:GenerateDataKey", aws.other_key, OURS))


def test_the_policy_for_callers_grants_to_create_and_nothing_else(aws) -> None:
    deployment = Deployment(aws, ROOT / templates.REST)
    policy = aws.iam.get_policy(PolicyArn=deployment.outputs["Policy"])["Policy"]
    version = aws.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    statements = version["PolicyVersion"]["Document"]["Statement"]
    functions = deployment.resources("AWS::Lambda::Function")
    [api] = deployment.resources("AWS::ApiGateway::RestApi").values()
    function = "arn:aws:lambda:{}:{}:function:{}".format(REGION, ACCOUNT, functions["CreateUrls"])
    http = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/v1"
    assert deployment.outputs["FunctionArn"] == function
    assert deployment.outputs["Function"] == functions["CreateUrls"]
    assert allowing(statements, Request("lambda:InvokeFunction", function))
    assert allowing(statements, Request("execute-api:Invoke", f"{http}/POST/urls"))
    for action, resource in (
        ("lambda:InvokeFunction", function.replace(functions["CreateUrls"], functions["ProcessCallback"])),
        ("lambda:UpdateFunctionCode", function),
        ("lambda:InvokeFunctionUrl", function),
        ("execute-api:Invoke", f"{http}/GET/urls"),
        ("execute-api:Invoke", f"{http}/POST/respond"),
        ("execute-api:Invoke", f"{http.replace('v1', 'v2')}/POST/urls"),
        ("execute-api:ManageConnections", f"{http}/POST/urls"),
    ):
        assert not allowing(statements, Request(action, resource)), (action, resource)


FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
PIPELINE = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:shop/Release/Approve"
AUTOMATION = f"arn:aws:ssm:{REGION}:{ACCOUNT}:automation-execution/3f7a1c52-4f3e-4b0a-9d52-8f8f0c7a6a11"
# Parameter, and what it lets ProcessCallback do on what.
TARGETS = {
    "EnableWaitConditions": ([], ""),
    "EnableCustomResources": ([], ""),
    "EnableDurableExecutions": (
        [f"lambda:SendDurableExecutionCallback{end}" for end in ("Success", "Failure", "Heartbeat")],
        f"{FUNCTION}:7",
    ),
    "EnableCodePipelineApprovals": (["codepipeline:PutApprovalResult"], PIPELINE),
    "EnableAutomationApprovals": (["ssm:SendAutomationSignal"], AUTOMATION),
}


@pytest.mark.parametrize("template", templates.TEMPLATES)
@pytest.mark.parametrize("parameter", TARGETS)
def test_each_target_adds_its_own_right_and_no_other(deploy, template, parameter) -> None:
    plain = deploy(template)
    application = deploy(template, **{parameter: "true"})
    create, process = (
        {right[1:] for right in rights(application.gateway.granted_to(function))}
        for function in (application.create, application.process)
    )
    before = {right[1:] for right in rights(plain.gateway.granted_to(plain.process))}
    of_target = {right for right in process if right[0].split(":")[0] in ("lambda", "codepipeline", "ssm")}
    actions, resource = TARGETS[parameter]
    assert {action for action, _ in of_target} == set(actions)
    assert len(process) == len(before) + len(actions)
    assert not [right for right in create if right[0].split(":")[0] in ("lambda", "codepipeline", "ssm")]
    granted = application.gateway.granted_to(application.process)
    for action in actions:
        assert allowing(granted, Request(action, resource))
        for foreign in (resource.replace(ACCOUNT, "999999999999"), resource.replace(REGION, "ap-south-1")):
            assert not allowing(granted, Request(action, foreign)), foreign
    for action in ("lambda:InvokeFunction", "codepipeline:StartPipelineExecution", "ssm:StartAutomationExecution"):
        for other in (FUNCTION, PIPELINE, AUTOMATION, "*"):
            assert not allowing(granted, Request(action, other)), action

"""The front doors and the functions of a deployed stack: what API Gateway, function URLs and Lambda do in AWS.

Everything is read from the deployment: which hosts there are, their stages, methods and routes with their kind of
authorization, which function answers, whether the function lets the API invoke it, and each function's handler, runtime,
environment and code. A request to anything else gets what AWS answers then.

The roles are read as well. Each function signs with an access key of its own, so that its calls can be compared with
what its role grants: `calls_of` and `granted_to`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import events
import leaks
import moto_cloudformation as cfn
import signature
from deployment import Deployment
from events import Answer
from moto_aws import ACCOUNT, BUCKET, REGION, Aws, Call
from runtime_api import Function, FunctionDied, InvocationFailed

PYTHON_RUNTIME = Path(__file__).with_name("lambda_python.py")
_INTEGRATION = re.compile(r"(?:.*/functions/)?(arn:aws:lambda:[^/]+)(?:/invocations)?")


class Gateway:
    """Context manager: the functions of the deployments answer `lambda:Invoke`, and `request` answers HTTP."""

    def __init__(
        self,
        aws: Aws,
        executable: Path,
        folder: Path,
        *deployments: Deployment,
        environment: Mapping[str, str] | None = None,
    ):
        """`environment` is what all functions have besides their own variables."""
        self._aws = aws
        self._executable = executable
        self._folder = folder
        self._deployments = deployments
        self._environment = dict(environment or {})
        self._running = ExitStack()
        self._functions: dict[str, Function] = {}
        self._hosts = {host: door for it in deployments for host, door in _doors(aws, it).items()}

    def __enter__(self) -> Gateway:
        # Two gateways may have a deployment in common; the later one answers until it is left.
        self._before = dict(self._aws.functions)
        for deployment in self._deployments:
            for name in deployment.resources("AWS::Lambda::Function").values():
                self._aws.functions[name] = partial(self.invoke, name)
        return self

    def __exit__(self, *_: object) -> None:
        self._aws.functions.clear()
        self._aws.functions.update(self._before)
        self._running.close()
        for function in self._functions.values():
            leaked = sum(token in function.log() for token in self._aws.tokens)
            assert leaked == 0, f"{function.name}: {leaked} task tokens stand in the log"

    def invoke(self, name: str, event: Any) -> Any:
        """A direct invocation. Raises `InvocationFailed`, `FunctionDied`."""
        if isinstance(event, dict) and isinstance(event.get("token"), str):
            self._aws.tokens.append(event["token"])
        return self.function(name).invoke(event)

    def function(self, name: str) -> Function:
        """The running function, started when it is first needed."""
        if name not in self._functions:
            self._functions[name] = self._running.enter_context(self.new_function(name))
        return self._functions[name]

    def new_function(self, name: str, **changed: str) -> Function:
        """Another instance of a function, not yet started, with some of its variables changed."""
        deployed = self._aws.awslambda.get_function(FunctionName=name)
        configuration = deployed["Configuration"]
        # CloudFormation makes strings of numbers; moto does not.
        variables = {
            key: str(value)
            for key, value in configuration.get("Environment", {}).get("Variables", {}).items()
        }
        environment = {
            **variables,
            **self._environment,
            **changed,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self._aws.endpoint,
            "AWS_ACCESS_KEY_ID": access_key(name),
            "AWS_SECRET_ACCESS_KEY": leaks.canary("secret-access-key"),
            "AWS_SESSION_TOKEN": leaks.canary("session-token"),
        }
        runtime = configuration["Runtime"]
        if runtime == "provided.al2023":
            command: Path | list[str] = self._executable
        elif runtime.startswith("python3."):
            environment["LAMBDA_TASK_ROOT"] = str(self._unpacked(name))
            command = [sys.executable, "-B", str(PYTHON_RUNTIME)]
        else:
            raise AssertionError(f"{name}: no such runtime here: {runtime}")
        number = len(list(self._folder.glob(f"{name}-*.log")))
        log = self._folder / f"{name}-{number}.log"
        return Function(command, configuration["Handler"], environment, log, name)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> Answer:
        """What a client gets over HTTPS."""
        parts = urlsplit(url)
        assert parts.scheme == "https", f"nothing listens at {parts.scheme}:"
        # Of the URL only the host: the rest is a secret.
        assert parts.netloc in self._hosts, f"no such host: {parts.netloc}"
        return self._hosts[parts.netloc].answer(self, method, url, dict(headers or {}), body)

    def request_json(self, url: str, value: Any) -> Answer:
        """POSTs a JSON value."""
        return self.request("POST", url, {"Content-Type": "application/json"}, json.dumps(value))

    def invoke_for(self, function_arn: str, event: dict[str, Any], failed: Answer) -> Answer:
        """A proxy integration; `failed` is the answer when the function fails."""
        try:
            result = self.function(function_arn.rsplit(":", 1)[-1]).invoke(event)
        except (InvocationFailed, FunctionDied):
            return failed
        return Answer.of(result)

    def lets_invoke(self, function_arn: str, action: str, principal: str, source: str | None) -> bool:
        """Whether the function's resource policy allows it."""
        lookup = self._aws.awslambda.get_policy
        try:
            policy = json.loads(lookup(FunctionName=function_arn)["Policy"])
        except self._aws.awslambda.exceptions.ResourceNotFoundException:
            return False
        return any(_permits(statement, action, principal, source) for statement in policy["Statement"])

    def calls_of(self, name: str) -> list[Call]:
        """What a function asked of AWS since the last time."""
        return self._aws.take_calls(access_key(name))

    def granted_to(self, name: str) -> list[dict[str, Any]]:
        """The statements of a function's role."""
        role = self._aws.awslambda.get_function_configuration(FunctionName=name)["Role"].rsplit("/", 1)[-1]
        return self._deployments[0].granted(role)

    def _unpacked(self, name: str) -> Path:
        """The code of a function, as it was deployed."""
        folder = self._folder / f"{name}-code"
        if not folder.exists():
            location = self._aws.awslambda.get_function(FunctionName=name)["Code"]["Location"]
            key = urlsplit(location).path.lstrip("/")
            content = self._aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
        return folder


def access_key(function: str) -> str:
    """The id of the access key that stands for the credentials of a function's role."""
    return f"AKIA{hashlib.sha256(function.encode()).hexdigest()[:16].upper()}"


class RestApi:
    """A REST API: its methods by stage, path and HTTP method."""

    def __init__(self, aws: Aws, api: str, stages: list[dict[str, Any]]):
        self._api = api
        deployments = {it["id"] for it in aws.apigateway.get_deployments(restApiId=api)["items"]}
        # A stage without a deployment of its API would not have been made.
        self._stages = {stage["StageName"] for stage in stages if stage["DeploymentId"] in deployments}
        self._methods: dict[tuple[str, str], dict[str, Any]] = {}
        for resource in aws.apigateway.get_resources(restApiId=api)["items"]:
            for method in resource.get("resourceMethods", {}):
                found = aws.apigateway.get_method(
                    restApiId=api, resourceId=resource["id"], httpMethod=method
                )
                self._methods[resource["path"], method] = found

    def answer(
        self, gateway: Gateway, method: str, url: str, headers: dict[str, str], body: bytes | str | None
    ) -> Answer:
        _, stage, *path = urlsplit(url).path.split("/")
        resource = "/" + "/".join(path)
        found = self._methods.get((resource, method))
        if stage not in self._stages:
            return _refusal(403, "Forbidden", "ForbiddenException")
        if found is None:
            return _refusal(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
        if found["authorizationType"] == "AWS_IAM":
            if "authorization" not in {name.lower() for name in headers}:
                return _refusal(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
            if problem := signature.problem("execute-api", method, url, headers, body):
                return _refusal(403, problem, "InvalidSignatureException")
        else:
            assert found["authorizationType"] == "NONE", found["authorizationType"]
        integration = found["methodIntegration"]
        assert (integration["type"], integration["httpMethod"]) == ("AWS_PROXY", "POST"), integration
        function = _INTEGRATION.fullmatch(integration["uri"])[1]
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self._api}/{stage}/{method}{resource}"
        if not gateway.lets_invoke(function, "lambda:InvokeFunction", "apigateway.amazonaws.com", source):
            return _refusal(500, "Internal server error", "InternalServerErrorException")
        failed = _refusal(502, "Internal server error", "InternalServerErrorException")
        return gateway.invoke_for(function, events.rest_api(method, url, headers, body), failed)


class HttpApi:
    """An HTTP API: its integrations by route key."""

    def __init__(self, api: str, stages: list[dict[str, Any]], routes: dict[str, tuple[str, dict[str, Any]]]):
        self._api = api
        self._stages = {stage["StageName"] for stage in stages}
        self._routes = routes

    def answer(
        self, gateway: Gateway, method: str, url: str, headers: dict[str, str], body: bytes | str | None
    ) -> Answer:
        path = urlsplit(url).path
        stage, resource = "$default", path
        if (first := path.split("/")[1]) in self._stages:
            stage, resource = first, path.removeprefix(f"/{first}")
        route_key = f"{method} {resource}"
        if stage not in self._stages or route_key not in self._routes:
            return _refusal(404, "Not Found", None)
        authorization, integration = self._routes[route_key]
        assert authorization == "NONE", f"{route_key}: authorization {authorization} is not known here"
        assert integration["IntegrationType"] == "AWS_PROXY", integration
        assert integration["PayloadFormatVersion"] == "2.0", integration
        function = _INTEGRATION.fullmatch(integration["IntegrationUri"])[1]
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self._api}/{stage}/{method}{resource}"
        failed = _refusal(500, "Internal Server Error", None)
        if not gateway.lets_invoke(function, "lambda:InvokeFunction", "apigateway.amazonaws.com", source):
            return failed
        event = events.payload_2(method, url, headers, body, stage=stage, route_key=route_key)
        return gateway.invoke_for(function, event, failed)


class FunctionUrl:
    """A function URL: all paths and methods go to its function."""

    def __init__(self, function: str, authorization: str):
        self._function = function
        self._authorization = authorization

    def answer(
        self, gateway: Gateway, method: str, url: str, headers: dict[str, str], body: bytes | str | None
    ) -> Answer:
        forbidden = Answer(403, {"content-type": "application/json"}, b'{"Message":"Forbidden"}')
        if self._authorization == "NONE":
            # Since October 2025 a public URL needs both.
            actions = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
            if not all(gateway.lets_invoke(self._function, action, "*", None) for action in actions):
                return forbidden
            account = "anonymous"
        else:
            assert self._authorization == "AWS_IAM", self._authorization
            if signature.problem("lambda", method, url, headers, body):
                return forbidden
            account = ACCOUNT
        event = events.payload_2(
            method, url, headers, body, stage="$default", route_key="$default", account=account
        )
        failed = Answer(502, {"content-type": "application/json"}, b"Internal Server Error")
        return gateway.invoke_for(self._function, event, failed)


def _doors(aws: Aws, deployment: Deployment) -> dict[str, RestApi | HttpApi | FunctionUrl]:
    doors: dict[str, RestApi | HttpApi | FunctionUrl] = {}
    for api in deployment.resources("AWS::ApiGateway::RestApi").values():
        stages = [it.properties for it in deployment.described(cfn.RestStage)]
        doors[f"{api}.execute-api.{REGION}.amazonaws.com"] = RestApi(
            aws, api, [stage for stage in stages if stage["RestApiId"] == api]
        )
    integrations = {
        f"integrations/{it.physical_resource_id}": it for it in deployment.described(cfn.HttpIntegration)
    }
    for http in deployment.described(cfn.HttpApi):
        api = http.physical_resource_id
        routes = {
            route.properties["RouteKey"]: (
                route.properties.get("AuthorizationType", "NONE"),
                integrations[route.properties["Target"]].properties,
            )
            for route in deployment.described(cfn.HttpRoute)
            if route.properties["ApiId"] == api
        }
        stages = [it.properties for it in deployment.described(cfn.HttpStage)]
        doors[f"{api}.execute-api.{REGION}.amazonaws.com"] = HttpApi(
            api, [stage for stage in stages if stage["ApiId"] == api], routes
        )
    for url in deployment.described(cfn.FunctionUrl):
        host = urlsplit(url.attributes["FunctionUrl"]).netloc
        doors[host] = FunctionUrl(url.attributes["FunctionArn"], url.properties["AuthType"])
    return doors


def _permits(statement: dict[str, Any], action: str, principal: str, source: str | None) -> bool:
    service = statement["Principal"]
    named = service.get("Service") or service.get("AWS") if isinstance(service, dict) else service
    if statement["Effect"] != "Allow" or statement["Action"] != action or named != principal:
        return False
    pattern = statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn")
    return pattern is None or (source is not None and fnmatch.fnmatchcase(source, pattern))


def _refusal(status: int, message: str, kind: str | None) -> Answer:
    headers = {"content-type": "application/json"} | ({"x-amzn-errortype": kind} if kind else {})
    return Answer(status, headers, json.dumps({"message": message}).encode())

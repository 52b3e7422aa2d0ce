"""What moto's CloudFormation lacks to deploy our templates, added to it by `correct_moto`.

moto 5.2.5 skips stages of REST APIs, HTTP APIs and function URLs, so that whatever refers to them cannot be resolved.
Here they become resources which hold their resolved properties and nothing else; gateway.py does with them what AWS
does. And moto differs from CloudFormation in these places, which are corrected:
- a state machine's DefinitionS3Location and DefinitionSubstitutions are ignored, and the machine is made in a backend
  that cannot execute it;
- `AWS::NoValue` leaves a null in a list;
- the outputs of a nested stack cannot be read;
- a deployment of a REST API cannot be referred to;
- every KMS key is a symmetric one, whatever its KeySpec and KeyUsage;
- an inline policy of a role is not JSON when it is read again, and ManagedPolicyArns are ignored;
- StartExecution without a name gives the name "None".
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from moto.apigateway.models import Deployment
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.iam.models import Role, iam_backends
from moto.kms.models import Key
from moto.s3.models import s3_backends
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends


class Described:
    """A resource that is only described: its resolved properties, its id and its attributes."""

    TYPE = ""

    def __init__(self, identity: str, properties: dict[str, Any], attributes: dict[str, str]):
        self.physical_resource_id = identity
        self.properties = properties
        self.attributes = attributes

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        """The id, which `Ref` gives, and the attributes, which `Fn::GetAtt` gives."""
        raise NotImplementedError

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Described:
        properties = cloudformation_json["Properties"]
        identity, attributes = cls.make(resource_name, properties, region_name)
        return cls(identity, properties, attributes)

    def get_cfn_attribute(self, name: str) -> str:
        return self.attributes[name]

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True

    def is_created(self) -> bool:
        return True


class RestStage(Described):
    TYPE = "AWS::ApiGateway::Stage"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        return properties["StageName"], {}


class HttpApi(Described):
    TYPE = "AWS::ApiGatewayV2::Api"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        identity = uuid.uuid4().hex[:10]
        return identity, {
            "ApiId": identity,
            "ApiEndpoint": f"https://{identity}.execute-api.{region}.amazonaws.com",
        }


class HttpStage(Described):
    TYPE = "AWS::ApiGatewayV2::Stage"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        return properties["StageName"], {}


class HttpIntegration(Described):
    TYPE = "AWS::ApiGatewayV2::Integration"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        return uuid.uuid4().hex[:7], {}


class HttpRoute(Described):
    TYPE = "AWS::ApiGatewayV2::Route"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        return uuid.uuid4().hex[:7], {}


class FunctionUrl(Described):
    TYPE = "AWS::Lambda::Url"

    @classmethod
    def make(cls, name: str, properties: dict[str, Any], region: str) -> tuple[str, dict[str, str]]:
        function = properties["TargetFunctionArn"]
        url = f"https://{uuid.uuid4().hex}.lambda-url.{region}.on.aws/"
        return function, {"FunctionArn": function, "FunctionUrl": url}


def described(stack_id: str, kind: type[Described], account: str, region: str) -> list[Described]:
    """The resources of this kind in a stack."""
    stack = cloudformation_backends[account][region].get_stack(stack_id)
    return [resource for resource in stack.stack_resources if isinstance(resource, kind)]


def correct_moto() -> None:
    parsing.resource_class_from_type = _knowing_more(parsing.resource_class_from_type)
    parsing.clean_json = _dropping_no_value(parsing.clean_json)
    Stack.get_cfn_attribute = _output_of
    Deployment.physical_resource_id = property(lambda deployment: deployment.id)
    Role.put_policy = _as_json(Role.put_policy)
    Role.create_from_cloudformation_json = _attaching_policies(Role.create_from_cloudformation_json)
    Key.create_from_cloudformation_json = _of_its_kind(Key.create_from_cloudformation_json)
    StateMachine.create_from_cloudformation_json = classmethod(_create_state_machine)
    StepFunctionsParserBackend.start_execution = _naming(StepFunctionsParserBackend.start_execution)


def _knowing_more(class_of: Any) -> Any:
    kinds = {kind.TYPE: kind for kind in Described.__subclasses__()}
    return lambda resource_type: kinds.get(resource_type) or class_of(resource_type)


def _of_its_kind(create: Any) -> Any:
    def created(resource_name: str, cloudformation_json: Any, *args: Any, **more: Any) -> Key:
        key: Key = create(resource_name, cloudformation_json, *args, **more)
        properties = cloudformation_json["Properties"]
        key.key_spec = properties.get("KeySpec", key.key_spec)
        key.key_usage = properties.get("KeyUsage", key.key_usage)
        return key

    return created


def _create_state_machine(
    cls: type[StateMachine],
    resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
    **_: Any,
) -> StateMachine:
    properties = cloudformation_json["Properties"]
    if location := properties.get("DefinitionS3Location"):
        key = s3_backends[account_id]["aws"].get_object(location["Bucket"], location["Key"])
        definition = key.value.decode()
    else:
        definition = properties["DefinitionString"]
    values = properties.get("DefinitionSubstitutions", {})
    # As in AWS, a name without a value stays as it is; the parser then refuses it or a test sees it.
    definition = re.sub(
        r"\$\{([A-Za-z0-9_]+)}", lambda found: str(values.get(found[1], found[0])), definition
    )
    backend = stepfunctions_parser_backends[account_id][region_name]
    return backend.create_state_machine(
        properties.get("StateMachineName", resource_name), definition, properties["RoleArn"]
    )


def _dropping_no_value(clean: Any) -> Any:
    def cleaned(resource_json: Any, resources_map: Any) -> Any:
        value = clean(resource_json, resources_map)
        if isinstance(resource_json, list):
            return [item for item in value if item is not None]
        return value

    return cleaned


def _output_of(stack: Stack, attribute: str) -> str:
    """`Fn::GetAtt: [<nested stack>, Outputs.<name>]`."""
    return stack.output_map[attribute.removeprefix("Outputs.")].value


def _as_json(put: Any) -> Any:
    def checked(self: Role, policy_name: str, policy: Any) -> None:
        put(self, policy_name, policy if isinstance(policy, str) else json.dumps(policy))

    return checked


def _attaching_policies(create: Any) -> Any:
    def created(name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any) -> Role:
        role = create(name, cloudformation_json, account_id, region_name, **more)
        for arn in cloudformation_json["Properties"].get("ManagedPolicyArns", []):
            iam_backends[account_id]["aws"].attach_role_policy(arn, role.name)
        return role

    return created


def _naming(start: Any) -> Any:
    def started(self: Any, state_machine_arn: str, name: str | None = None, *args: Any, **kwargs: Any) -> Any:
        return start(self, state_machine_arn, name or str(uuid.uuid4()), *args, **kwargs)

    return started

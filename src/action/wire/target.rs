//! What a link answers, as a request names it.

use super::present;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[cfg(test)]
use schemars::JsonSchema;

/// One target. The kinds are told apart by `type`.
#[cfg(test)]
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(
    dead_code,
    reason = "only the schema is made from it; requests are read by type"
)]
pub enum Target {
    /// A task of Step Functions; the same as `token`.
    StepFunctions(Task),
    /// A wait condition of CloudFormation. Needs EnableWaitConditions.
    WaitCondition(WaitCondition),
    /// A custom resource of CloudFormation. Needs EnableCustomResources.
    CustomResource(CustomResource),
    /// A callback of a durable execution of Lambda. Needs EnableDurableExecutions.
    DurableExecution(DurableExecution),
    /// A manual approval of CodePipeline. Needs EnableCodePipelineApprovals.
    PipelineApproval(PipelineApproval),
    /// An approval step of an automation of Systems Manager. Needs EnableAutomationApprovals.
    Automation(Automation),
}

/// The field that tells the kinds apart.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct TargetType {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $variant:ident $text:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Deserialize, Serialize)]
        #[cfg_attr(test, derive(JsonSchema))]
        pub enum $name {
            $(#[$doc])*
            #[serde(rename = $text)]
            $variant,
        }
    )+};
}

kinds! {
    /// `step-functions`
    TaskType = Task "step-functions",
    /// `cloudformation-wait-condition`
    WaitConditionType = WaitCondition "cloudformation-wait-condition",
    /// `cloudformation-custom-resource`
    CustomResourceType = CustomResource "cloudformation-custom-resource",
    /// `lambda-durable-execution`
    DurableExecutionType = DurableExecution "lambda-durable-execution",
    /// `codepipeline-approval`
    PipelineApprovalType = PipelineApproval "codepipeline-approval",
    /// `ssm-automation`
    AutomationType = Automation "ssm-automation",
}

/// A task of Step Functions.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Task {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: TaskType,
    /// The task token of the waiting task (1 to 2,048 characters).
    #[cfg_attr(test, schemars(length(min = 1, max = 2048)))]
    pub token: String,
}

/// A wait condition.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct WaitCondition {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: WaitConditionType,
    /// What `Ref` gives for the AWS::CloudFormation::WaitConditionHandle.
    #[cfg_attr(
        test,
        schemars(
            length(max = 3000),
            regex(pattern = r"^https://cloudformation-waitcondition-")
        )
    )]
    pub url: String,
}

/// A custom resource.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CustomResource {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: CustomResourceType,
    /// The event that CloudFormation sent.
    pub event: CustomResourceEvent,
    /// The PhysicalResourceId that a success gives; without it, that of the event, else the transaction id.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 1024)))]
    pub physical_resource_id: Option<String>,
}

/// What is needed of an event of CloudFormation; its other fields are passed over.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub struct CustomResourceEvent {
    /// Where the response goes.
    #[serde(rename = "ResponseURL")]
    #[cfg_attr(
        test,
        schemars(
            length(max = 3000),
            regex(pattern = r"^https://cloudformation-custom-resource-response-")
        )
    )]
    pub response_url: String,
    /// ARN of the stack.
    #[cfg_attr(test, schemars(length(min = 1, max = 512)))]
    pub stack_id: String,
    /// Of the request.
    #[cfg_attr(test, schemars(length(min = 1, max = 512)))]
    pub request_id: String,
    /// Name of the resource in the template.
    #[cfg_attr(test, schemars(length(min = 1, max = 512)))]
    pub logical_resource_id: String,
    /// The resource's id so far; none while it is being created.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String", length(min = 1, max = 1024)))]
    pub physical_resource_id: Option<String>,
    /// Of these only `ServiceTimeout` counts.
    #[serde(default, deserialize_with = "present", skip_serializing)]
    #[cfg_attr(test, schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub resource_properties: Option<Box<RawValue>>,
}

/// A callback of a durable execution.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct DurableExecution {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: DurableExecutionType,
    /// The id that `create_callback` or `wait_for_callback` gives.
    #[cfg_attr(
        test,
        schemars(length(min = 1, max = 1024), regex(pattern = "^[A-Za-z0-9+/]+={0,2}$"))
    )]
    pub callback_id: String,
}

/// A manual approval.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct PipelineApproval {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: PipelineApprovalType,
    /// Name of the pipeline.
    #[cfg_attr(
        test,
        schemars(length(min = 1, max = 100), regex(pattern = "^[A-Za-z0-9.@_-]+$"))
    )]
    pub pipeline: String,
    /// Name of the stage.
    #[cfg_attr(
        test,
        schemars(length(min = 1, max = 100), regex(pattern = "^[A-Za-z0-9.@_-]+$"))
    )]
    pub stage: String,
    /// Name of the approval action.
    #[cfg_attr(
        test,
        schemars(length(min = 1, max = 100), regex(pattern = "^[A-Za-z0-9.@_-]+$"))
    )]
    pub action: String,
    /// The token of this approval, from the notification or from GetPipelineState.
    #[cfg_attr(
        test,
        schemars(regex(pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"))
    )]
    pub token: String,
    /// ISO 8601 date and time at which the approval times out. No link lives longer.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "String"))]
    pub expires: Option<String>,
}

/// An approval step of an automation.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Automation {
    #[allow(missing_docs)]
    #[serde(rename = "type")]
    pub kind: AutomationType,
    /// Id of the automation's execution.
    #[cfg_attr(
        test,
        schemars(regex(pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"))
    )]
    pub automation_execution_id: String,
}

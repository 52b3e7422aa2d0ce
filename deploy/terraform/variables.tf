# ---------------------------------------------------------------- the module's own

variable "name" {
  type        = string
  description = "Name of the stack. To take over one that exists, import it under its name first."

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,127}$", var.name))
    error_message = "The name of a stack begins with a letter, and has letters, digits and hyphens."
  }
}

variable "package" {
  type        = string
  description = "Path of the zip of the functions, sfn-callback-urls-<version>-<arm64 or x86_64>.zip, from a release or made by ./package."

  validation {
    condition     = can(regex("^(.*/)?sfn-callback-urls-[^/]+-(arm64|x86_64)\\.zip$", var.package))
    error_message = "The package is named sfn-callback-urls-<version>-<arm64 or x86_64>.zip; its name tells the processor."
  }
}

variable "bucket" {
  type        = string
  description = "Name of an S3 bucket of yours, in the region of the stack, that holds the package and the template."
}

variable "function_url" {
  type        = bool
  default     = false
  description = "true: links point to a Lambda function URL, which fifteen regions do not have (docs/DEPLOYING.md), and there is no API Gateway. It cannot be changed for a stack whose links are still out."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of the stack and of what is in it."
}

# ---------------------------------------------------------------- the parameters of the template
# null leaves a parameter at the template's default. Names, types and descriptions are compared with the template by
# tests/release.

# What links may do

variable "enable_output_parameters" {
  type        = bool
  default     = null
  description = "Links may take values from their query. Whoever holds such a link decides what these values are."
}

variable "enable_post_actions" {
  type        = bool
  default     = null
  description = "Links may take a JSON body, whose schema decides the outcome. For webhooks."
}

variable "enable_wait_conditions" {
  type        = bool
  default     = null
  description = "Links may answer wait conditions of CloudFormation, by the presigned URL of their handle. Needs no further right."
}

variable "enable_custom_resources" {
  type        = bool
  default     = null
  description = "CreateUrls may be the ServiceToken of a custom resource, and links may answer it. Needs no further right."
}

variable "enable_durable_executions" {
  type        = bool
  default     = null
  description = "Links may answer callbacks of durable executions of Lambda functions in this account and region."
}

variable "enable_code_pipeline_approvals" {
  type        = bool
  default     = null
  description = "Links may answer manual approvals of CodePipeline in this account and region."
}

variable "enable_automation_approvals" {
  type        = bool
  default     = null
  description = "Links may answer approval steps of Systems Manager automations in this account and region."
}

variable "confirm_actions" {
  type        = string
  default     = null
  description = "What a link does on GET when its action does not say. false: it acts. true: it shows a page with a button. strict: it shows a page with a box to tick and a button."
}

variable "max_link_lifetime" {
  type        = string
  default     = null
  description = "The longest time for which a link opens, as an ISO 8601 duration such as P30D or PT12H. It is also the lifetime of links that are made without one. Empty: no limit."
}

# Where links point

variable "endpoint" {
  type        = string
  default     = null
  description = "RestApi: one REST API. RestApiAndHttpApi: new links point to an HTTP API, which costs less; the REST API goes on answering the links that point to it, and POST /urls."
}

variable "base_url" {
  type        = string
  default     = null
  description = "Where new links point if a domain of yours leads here, such as https://links.example.com. Empty: the address that AWS gives."
}

variable "cors_allow_origin" {
  type        = string
  default     = null
  description = "Scripts of this origin may follow links and read the answers, such as https://app.example.com, or * for any. Empty: no script may."
}

# Look of the pages

variable "brand_name" {
  type        = string
  default     = null
  description = "Name that the pages carry, of at most 60 characters. Empty: none."
}

variable "brand_color" {
  type        = string
  default     = null
  description = "Colour of the pages' button, such as #0b5fff. Empty: the default."
}

# Where links may be delivered

variable "deliver_topic_arns" {
  type        = string
  default     = null
  description = "Comma-separated ARNs of the standard SNS topics that links may be published to (deliver.sns). Empty: none."
}

variable "deliver_identity_arns" {
  type        = string
  default     = null
  description = "Comma-separated ARNs of the SES identities that mails with links may come from (deliver.ses), and of their configuration sets. In the sandbox of SES also those of the receivers. Empty: none."
}

variable "deliver_event_bus_arns" {
  type        = string
  default     = null
  description = "Comma-separated ARNs of the EventBridge buses, event-bus or event-busv2, that events with links may be put on (deliver.eventbridge). Empty: none."
}

variable "deliver_secret_arns" {
  type        = string
  default     = null
  description = "Comma-separated ARNs of the secrets of Secrets Manager that hold addresses, tokens and keys for deliver.slack, deliver.teams and deliver.webhook. Empty: none."
}

variable "deliver_parameter_arns" {
  type        = string
  default     = null
  description = "As DeliverSecretArns, for parameters of Systems Manager."
}

variable "deliver_hosts" {
  type        = string
  default     = null
  description = "Comma-separated hosts that links may be posted to (deliver.webhook), such as hooks.example.com. Slack and Teams need not be here. Empty: none."
}

# Encryption

variable "disable_encryption" {
  type        = bool
  default     = null
  description = "true: links are not encrypted. Anybody can then read the task token in a link and make links of their own. Only for experiments."
}

variable "encryption_key_arn" {
  type        = string
  default     = null
  description = "ARN of the symmetric KMS key under which links are sealed. NONE: the stack makes one. A key of another account must allow both roles in its own policy. When you change from one key to another, name the former one in DecryptKeyArns."
}

variable "decrypt_key_arns" {
  type        = string
  default     = null
  description = "Comma-separated ARNs of further KMS keys whose links still open, without spaces."
}

variable "audience" {
  type        = string
  default     = null
  description = "Links of one audience do not open under another. Empty: the name of the stack. Give two deployments that share a key the same audience only if they are meant to open each other's links. A change ends all links made before it."
}

variable "accept_legacy_urls" {
  type        = bool
  default     = null
  description = "Links made by versions before 2.0 open. Set it to false once none of them waits any more."
}

variable "compact_links" {
  type        = string
  default     = null
  description = "Links that are short enough for text mails. true: new links are compact; the stack makes an HMAC key of KMS for them, and either function could then open links and make them. accept: none are made any more, and those that are out open. false: none open."
}

variable "data_key_max_age" {
  type        = number
  default     = null
  description = "Seconds for which one data key seals further links. 0: a new one for each request."
}

variable "data_key_max_uses" {
  type        = number
  default     = null
  description = "Links that one data key seals."
}

variable "decrypt_cache_max_age" {
  type        = number
  default     = null
  description = "Seconds for which an opened data key is kept in memory. For so long, links may go on opening after the key was disabled. 0: none is kept."
}

# Limits

variable "throttle_rate" {
  type        = number
  default     = null
  description = "Requests a second that each method of the API takes; more are answered with 429."
}

variable "throttle_burst" {
  type        = number
  default     = null
  description = "Requests that each method of the API takes at once."
}

variable "reserved_concurrency" {
  type        = string
  default     = null
  description = "Instances of the public function, at most; they are taken from the account's limit, of which 100 must stay unreserved: AWS refuses 20 in an account with a limit below 120. 0: no link is answered. Empty: nothing is reserved."
}

variable "address_buckets" {
  type        = bool
  default     = null
  description = "Links that have KMS asked for nothing are counted by the address that they come from, so that one stranger cannot use up what all visitors share. false: behind CloudFront or another proxy, whose addresses stand for many visitors."
}

# Logs and alarms

variable "log_level" {
  type        = string
  default     = null
  description = "INFO: one line for each request. WARN: only for refused ones. ERROR: only for what the operator must fix."
}

variable "verbose_logging" {
  type        = bool
  default     = null
  description = "Log lines also tell user agent, types and lengths. They never hold a token, a link or a body."
}

variable "log_retention_days" {
  type        = number
  default     = null
  description = "Days for which CloudWatch keeps the logs."
}

variable "tracing" {
  type        = bool
  default     = null
  description = "X-Ray traces the functions, and never the API: its record of a request would hold the link."
}

variable "alarm_topic_arn" {
  type        = string
  default     = null
  description = "ARN of the SNS topic that is told when requests fail, when the KMS key cannot be used, when an answer may be lost, when requests for links are refused, when most links are, and when Lambda throttles. A key that encrypts the topic must allow cloudwatch.amazonaws.com. Empty: there are no alarms."
}

variable "enable_metrics" {
  type        = bool
  default     = null
  description = "The functions count links, answers, refusals by code, calls to AWS and how long they take as CloudWatch metrics, each of which CloudWatch charges for. The alarms do not need them."
}

variable "enable_dashboard" {
  type        = bool
  default     = null
  description = "A CloudWatch dashboard shows requests, failures and durations of the stack, and its own metrics if EnableMetrics is true."
}

# Permissions

variable "permissions_boundary" {
  type        = string
  default     = null
  description = "ARN of the IAM policy that bounds the roles of the functions. Empty: none."
}

# A CloudFormation stack of the template beside this module. Why not resources of Terraform's own, and why not the Serverless
# Application Repository: README.md.

locals {
  template = file("${path.module}/../../${var.function_url ? "template-function-url.yaml" : "template.yaml"}")
  version  = regex("\\(sfn-callback-urls ([^)]+)\\)", local.template)[0]
  arch     = regex("-(arm64|x86_64)\\.zip$", var.package)[0]

  # The template as it is deployed without a build. Both texts are there as often as the script `package` says.
  with_code = replace(local.template, "\n      CodeUri: .\n", "\n      CodeUri: s3://${var.bucket}/${aws_s3_object.package.key}\n")
  body      = replace(local.with_code, "\n    Architectures: [arm64]\n", "\n    Architectures: [${local.arch}]\n")

  parameters = {
    EnableOutputParameters      = var.enable_output_parameters
    EnablePostActions           = var.enable_post_actions
    EnableWaitConditions        = var.enable_wait_conditions
    EnableCustomResources       = var.enable_custom_resources
    EnableDurableExecutions     = var.enable_durable_executions
    EnableCodePipelineApprovals = var.enable_code_pipeline_approvals
    EnableAutomationApprovals   = var.enable_automation_approvals
    ConfirmActions              = var.confirm_actions
    MaxLinkLifetime             = var.max_link_lifetime
    Endpoint                    = var.endpoint
    BaseUrl                     = var.base_url
    CorsAllowOrigin             = var.cors_allow_origin
    BrandName                   = var.brand_name
    BrandColor                  = var.brand_color
    DeliverTopicArns            = var.deliver_topic_arns
    DeliverIdentityArns         = var.deliver_identity_arns
    DeliverEventBusArns         = var.deliver_event_bus_arns
    DeliverSecretArns           = var.deliver_secret_arns
    DeliverParameterArns        = var.deliver_parameter_arns
    DeliverHosts                = var.deliver_hosts
    DisableEncryption           = var.disable_encryption
    EncryptionKeyArn            = var.encryption_key_arn
    DecryptKeyArns              = var.decrypt_key_arns
    Audience                    = var.audience
    AcceptLegacyUrls            = var.accept_legacy_urls
    CompactLinks                = var.compact_links
    DataKeyMaxAge               = var.data_key_max_age
    DataKeyMaxUses              = var.data_key_max_uses
    DecryptCacheMaxAge          = var.decrypt_cache_max_age
    ThrottleRate                = var.throttle_rate
    ThrottleBurst               = var.throttle_burst
    ReservedConcurrency         = var.reserved_concurrency
    AddressBuckets              = var.address_buckets
    LogLevel                    = var.log_level
    VerboseLogging              = var.verbose_logging
    LogRetentionDays            = var.log_retention_days
    Tracing                     = var.tracing
    AlarmTopicArn               = var.alarm_topic_arn
    EnableMetrics               = var.enable_metrics
    EnableDashboard             = var.enable_dashboard
    PermissionsBoundary         = var.permissions_boundary
  }
  given = { for name, value in local.parameters : name => tostring(value) if value != null }
  # What the template with a function URL does not have.
  only_api_gateway = ["Endpoint", "ThrottleRate", "ThrottleBurst"]
}

data "aws_s3_bucket" "artefacts" {
  bucket = var.bucket
}

# The keys hold digests: what changes gets another key, and CloudFormation sees that there is something to update. The old
# object goes last, so that CloudFormation can still go back to it when an update fails.
resource "aws_s3_object" "package" {
  bucket = var.bucket
  key    = "sfn-callback-urls/${filesha256(var.package)}.zip"
  source = var.package

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "template" {
  bucket       = var.bucket
  key          = "sfn-callback-urls/${sha256(local.body)}.yaml"
  content      = local.body
  content_type = "application/yaml"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "this" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.artefacts.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  parameters   = local.given
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  tags         = var.tags

  lifecycle {
    precondition {
      condition     = endswith(var.package, "sfn-callback-urls-${local.version}-${local.arch}.zip")
      error_message = "The package is of another version than this module, which is ${local.version}."
    }
    precondition {
      condition     = !var.function_url || length(setintersection(keys(local.given), local.only_api_gateway)) == 0
      error_message = "endpoint, throttle_rate and throttle_burst are settings of API Gateway; with function_url there is none. To bound the function, set reserved_concurrency."
    }
  }
}

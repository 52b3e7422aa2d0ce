# The outputs of the template; compared by tests/release. null: this stack has none.

output "api" {
  value       = lookup(aws_cloudformation_stack.this.outputs, "Api", null)
  description = "Base URL of the REST API. Signed requests to create links go to /urls below it."
}

output "link_base" {
  value       = aws_cloudformation_stack.this.outputs["LinkBase"]
  description = "Base URL of new links."
}

output "function" {
  value       = aws_cloudformation_stack.this.outputs["Function"]
  description = "Name of the function that creates links, for direct invocations."
}

output "function_arn" {
  value       = aws_cloudformation_stack.this.outputs["FunctionArn"]
  description = "ARN of the function that creates links."
}

output "policy" {
  value       = aws_cloudformation_stack.this.outputs["Policy"]
  description = "ARN of the managed policy that allows to create links. Attach it to the role of whoever does."
}

output "key" {
  value       = lookup(aws_cloudformation_stack.this.outputs, "Key", null)
  description = "ARN of the KMS key under which links are sealed. It stays when the stack is deleted."
}

output "mac_key" {
  value       = lookup(aws_cloudformation_stack.this.outputs, "MacKey", null)
  description = "ARN of the HMAC key of compact links. It stays when the stack is deleted."
}

output "create_urls_role_arn" {
  value       = aws_cloudformation_stack.this.outputs["CreateUrlsRoleArn"]
  description = "ARN of the role that seals links, for the policy of a key in another account."
}

output "process_callback_role_arn" {
  value       = aws_cloudformation_stack.this.outputs["ProcessCallbackRoleArn"]
  description = "ARN of the role that opens links, for the policy of a key in another account or of a state machine's key."
}

output "create_urls_log" {
  value       = aws_cloudformation_stack.this.outputs["CreateUrlsLog"]
  description = "Log group of the function that creates links."
}

output "process_callback_log" {
  value       = aws_cloudformation_stack.this.outputs["ProcessCallbackLog"]
  description = "Log group of the function that answers links."
}

output "stack_name" {
  description = "What the command line finds the relay by: flux-relay … --stack NAME"
  value       = aws_cloudformation_stack.relay.name
}

output "api_url" {
  description = "Where clusters send their events"
  value       = aws_cloudformation_stack.relay.outputs["ApiUrl"]
}

output "outputs" {
  description = "All outputs of the stack"
  value       = aws_cloudformation_stack.relay.outputs
}

locals {
  # Each has its content in its name, so that another version is another object.
  archives = fileset(var.package_folder, "*.zip")
  template = "${var.package_folder}/template.json"
}

resource "aws_s3_object" "archive" {
  for_each = local.archives

  bucket      = var.code_bucket
  key         = "${var.code_key_prefix}${each.value}"
  source      = "${var.package_folder}/${each.value}"
  source_hash = filesha256("${var.package_folder}/${each.value}")

  # Archives of before are deleted after the stack is updated: an update that fails goes back to them.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "template" {
  bucket      = var.code_bucket
  key         = "${var.code_key_prefix}template-${substr(filesha256(local.template), 0, 16)}.json"
  source      = local.template
  source_hash = filesha256(local.template)

  lifecycle {
    create_before_destroy = true
  }
}

data "aws_s3_bucket" "code" {
  bucket = var.code_bucket
}

resource "aws_cloudformation_stack" "relay" {
  name         = "flux-relay-${var.stage_name}"
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM"]

  parameters = merge(var.settings, {
    CodeBucket    = var.code_bucket
    CodeKeyPrefix = var.code_key_prefix
    StageName     = var.stage_name
  })

  depends_on = [aws_s3_object.archive]
}

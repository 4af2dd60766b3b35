variable "package_folder" {
  description = "Folder that `npm run package:aws` wrote: the functions' archives and template.json"
  type        = string
}

variable "code_bucket" {
  description = "Name of an existing bucket, in the region of the deployment, that takes the archives and the template"
  type        = string
}

variable "code_key_prefix" {
  description = "What their keys begin with, with a slash at its end if one is wanted"
  type        = string
  default     = "flux-relay/"
}

variable "stage_name" {
  description = "Part of every name, so that an account can hold several relays"
  type        = string
  default     = "prod"
}

variable "settings" {
  description = "The other parameters of the template, such as { AlarmEmail = \"ops@example.com\", AlarmOldestOpen = \"600\" }"
  type        = map(string)
  default     = {}
}

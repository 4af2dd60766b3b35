{{- define "flux-relay.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's own name where it says what this is, so that two releases do not meet. */}}
{{- define "flux-relay.fullname" -}}
{{- $name := include "flux-relay.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "flux-relay.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flux-relay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flux-relay.labels" -}}
{{ include "flux-relay.selectorLabels" . }}
app.kubernetes.io/part-of: flux-relay
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Of every object. */}}
{{- define "flux-relay.metadata" -}}
name: {{ include "flux-relay.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "flux-relay.labels" . | nindent 2 }}
{{- end }}

{{- /* Names and labels. */}}
{{- define "tocsin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* 40 characters at most: what is made of it ends in a role and a hash of its own. */}}
{{- define "tocsin.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "tocsin.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tocsin.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "tocsin.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tocsin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tocsin.labels" -}}
{{- $labels := include "tocsin.selectorLabels" . | fromYaml }}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- $_ := set $labels "app.kubernetes.io/version" (toString .Chart.AppVersion) }}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service }}
{{- with .Values.commonLabels }}
{{- $labels = mergeOverwrite (tpl (toYaml .) $ | fromYaml) $labels }}
{{- end }}
{{- toYaml $labels }}
{{- end }}

{{- /*
Name, namespace, labels and annotations of an object.
Takes root, and any of name (what follows the full name), component, namespace, labels, annotations.
*/}}
{{- define "tocsin.metadata" -}}
{{- $root := .root -}}
name: {{ include "tocsin.fullname" $root }}{{ with .name }}-{{ . }}{{ end }}
namespace: {{ .namespace | default (include "tocsin.namespace" $root) }}
labels:
  {{- include "tocsin.labels" $root | nindent 2 }}
  {{- with .component }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := tpl (toYaml $root.Values.commonAnnotations) $root | fromYaml }}
{{- $annotations = mergeOverwrite $annotations (.annotations | default dict) }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Names of the alerts in files/rules (YAML list). */}}
{{- define "tocsin.alerts" -}}
{{- $names := list }}
{{- range $path, $_ := .Files.Glob "files/rules/*" }}
{{- range ($.Files.Get $path | fromYaml).groups }}
{{- range .rules }}
{{- with .alert }}
{{- $names = append $names . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml (uniq $names | sortAlpha) }}
{{- end }}

{{- define "tocsin.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "tocsin.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* The role's own image, else the common one; takes root and role. */}}
{{- define "tocsin.image" -}}
{{- $common := .root.Values.image }}
{{- $own := .role.image | default dict }}
{{- $registry := $common.registry | default (get .root.Values.global "imageRegistry") }}
{{- $tag := $own.tag | default $common.tag | default .root.Chart.AppVersion }}
{{- $digest := $own.digest }}
{{- if not $own.repository }}
{{- $digest = $digest | default $common.digest }}
{{- end }}
{{- with $registry }}{{ . }}/{{ end }}{{ $own.repository | default $common.repository }}:{{ $tag }}
{{- with $digest }}@{{ . }}{{ end }}
{{- end }}

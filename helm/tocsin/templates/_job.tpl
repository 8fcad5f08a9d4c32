{{- /* Spec of a job that runs one command; takes what "tocsin.commandPod" takes. */}}
{{- define "tocsin.jobSpec" -}}
{{- $jobs := .root.Values.jobs -}}
backoffLimit: {{ $jobs.backoffLimit }}
activeDeadlineSeconds: {{ $jobs.activeDeadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "tocsin.roleSelector" . | nindent 6 }}
    {{- with $jobs.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "tocsin.commandPod" . | nindent 4 }}
{{- end }}

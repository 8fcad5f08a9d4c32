{{- /* Pods: those of a role, and those that run one command. */}}

{{- /* What all pods have; takes root and role. */}}
{{- define "tocsin.podCommon" -}}
{{- $values := .root.Values -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .role.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
volumes:
  {{- include "tocsin.volumes" . | trim | nindent 2 }}
{{- end }}

{{- /* A container of the image; takes root, role, name and args. */}}
{{- define "tocsin.container" -}}
name: {{ .name }}
image: {{ include "tocsin.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
command: [tocsin]
args: {{ toJson .args }}
env:
  {{- include "tocsin.environment" . | trim | nindent 2 }}
{{- with include "tocsin.environmentFrom" . | trim }}
envFrom:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .root.Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .role.resources | nindent 2 }}
volumeMounts:
  {{- include "tocsin.volumeMounts" . | trim | nindent 2 }}
{{- end }}

{{- /* Metadata and spec of a role's pod; takes root, name and role. */}}
{{- define "tocsin.rolePod" -}}
{{- $root := .root }}
{{- $role := .role }}
{{- $name := .name -}}
metadata:
  labels:
    {{- include "tocsin.roleSelector" . | nindent 4 }}
    {{- with $role.podLabels }}
    {{- tpl (toYaml .) $root | nindent 4 }}
    {{- end }}
  {{- $annotations := include "tocsin.checksums" . | fromYaml }}
  {{- $annotations = mergeOverwrite $annotations (tpl (toYaml $role.podAnnotations) $root | fromYaml) }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "tocsin.serviceAccountName" $root }}
  {{- include "tocsin.podCommon" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ $role.terminationGracePeriodSeconds }}
  {{- with $role.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ toYaml . | nindent 6 | trim }}
      {{- if not .labelSelector }}
      labelSelector:
        matchLabels:
          {{- include "tocsin.roleSelector" (dict "root" $root "name" $name) | nindent 10 }}
      matchLabelKeys: [{{ ternary "controller-revision-hash" "pod-template-hash" $role.persistence.enabled }}]
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with $role.initContainers }}
  initContainers:
    {{- tpl (toYaml .) $root | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "tocsin.container" (merge (dict "args" (list "worker" "--role" $name)) .) | nindent 6 | trim }}
      ports:
        - name: http
          containerPort: {{ $root.Values.web.port }}
          protocol: TCP
      startupProbe:
        httpGet: {path: /healthz, port: http}
        {{- toYaml $role.startupProbe | nindent 8 }}
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        {{- toYaml $role.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        {{- toYaml $role.readinessProbe | nindent 8 }}
    {{- with $role.extraContainers }}
    {{- tpl (toYaml .) $root | nindent 4 }}
    {{- end }}
{{- end }}

{{- /*
Spec of a pod that runs one command; takes root, name and args, and any of usesModel, usesSinks,
usesSources, usesTokens, image, withoutPolicy, policyFrom, serviceAccountName, and `as`: extra settings of a
role.
*/}}
{{- define "tocsin.commandPod" -}}
{{- $jobs := .root.Values.jobs }}
{{- $role := dict "usesModel" .usesModel "usesSinks" .usesSinks "withoutPolicy" .withoutPolicy }}
{{- $_ := set $role "usesSources" .usesSources }}
{{- $_ := set $role "usesTokens" .usesTokens }}
{{- $role = merge $role (.as | default dict) }}
{{- $_ := set $role "image" .image }}
{{- $_ := set $role "persistence" (dict "enabled" false) }}
{{- $_ := set $role "stateSizeLimit" "64Mi" }}
{{- $_ := set $role "resources" $jobs.resources }}
{{- $_ := set $role "nodeSelector" $jobs.nodeSelector }}
{{- $_ := set $role "tolerations" $jobs.tolerations }}
{{- $scope := merge (dict "role" $role) . -}}
serviceAccountName: {{ .serviceAccountName | default "default" }}
{{ include "tocsin.podCommon" $scope }}
restartPolicy: Never
containers:
  - {{ include "tocsin.container" $scope | nindent 4 | trim }}
{{- end }}

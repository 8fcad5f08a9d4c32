{{- /* What a pod mounts. Both take root and role; `policyFrom` is the policy's ConfigMap. */}}

{{- define "tocsin.policyConfigMap" -}}
{{- .Values.policy.existingConfigMap | default (printf "%s-policy" (include "tocsin.fullname" .)) }}
{{- end }}

{{- define "tocsin.sourcesConfigMap" -}}
{{- .Values.sources.existingConfigMap | default (printf "%s-sources" (include "tocsin.fullname" .)) }}
{{- end }}

{{- define "tocsin.volumes" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
- name: tmp
  emptyDir:
    sizeLimit: 512Mi
{{- if not .role.persistence.enabled }}
- name: state
  emptyDir:
    sizeLimit: {{ .role.stateSizeLimit }}
{{- end }}
{{- if and (include "tocsin.hasPolicy" $root) (not .role.withoutPolicy) }}
- name: policy
  configMap:
    name: {{ .policyFrom | default (include "tocsin.policyConfigMap" $root) }}
    items:
      - key: {{ ternary $values.policy.key "policy.toml" (not (empty $values.policy.existingConfigMap)) }}
        path: policy.toml
{{- end }}
{{- if include "tocsin.authenticated" $root }}
- name: sasl
  secret:
    secretName: {{ $values.kafka.sasl.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ $values.kafka.sasl.passwordKey }}
        path: password
{{- end }}
{{- if and (include "tocsin.encrypted" $root) $values.kafka.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ $values.kafka.tls.existingSecret }}
    defaultMode: 0440
    items:
      {{- with $values.kafka.tls.caKey }}
      - key: {{ . }}
        path: ca.crt
      {{- end }}
      {{- with $values.kafka.tls.certKey }}
      - key: {{ . }}
        path: tls.crt
      {{- end }}
      {{- with $values.kafka.tls.keyKey }}
      - key: {{ . }}
        path: tls.key
      {{- end }}
{{- end }}
{{- if and $values.web.existingSecret .role.usesTokens }}
- name: web
  secret:
    secretName: {{ $values.web.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ $values.web.tokensKey }}
        path: tokens
{{- end }}
{{- if and $values.model.existingClaim .role.usesModel }}
- name: model
  persistentVolumeClaim:
    claimName: {{ $values.model.existingClaim }}
    readOnly: true
{{- end }}
{{- if and $values.sinks.existingSecret .role.usesSinks }}
- name: sinks
  secret:
    secretName: {{ $values.sinks.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if and (include "tocsin.hasSources" $root) .role.usesSources }}
- name: sources
  configMap:
    name: {{ include "tocsin.sourcesConfigMap" $root }}
    items:
      - key: {{ ternary $values.sources.key "sources.toml" (not (empty $values.sources.existingConfigMap)) }}
        path: sources.toml
{{- end }}
{{- if and $values.sources.existingSecret .role.usesSources }}
- name: source-secrets
  secret:
    secretName: {{ $values.sources.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- with .role.extraVolumes }}
{{ tpl (toYaml .) $root }}
{{- end }}
{{- end }}

{{- define "tocsin.volumeMounts" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
- name: tmp
  mountPath: /tmp
- name: state
  mountPath: {{ include "tocsin.statePath" . }}
{{- if and (include "tocsin.hasPolicy" $root) (not .role.withoutPolicy) }}
- name: policy
  mountPath: {{ dir (include "tocsin.policyPath" .) }}
  readOnly: true
{{- end }}
{{- if include "tocsin.authenticated" $root }}
- name: sasl
  mountPath: {{ include "tocsin.saslPath" . }}
  readOnly: true
{{- end }}
{{- if and (include "tocsin.encrypted" $root) $values.kafka.tls.existingSecret }}
- name: tls
  mountPath: {{ include "tocsin.tlsPath" . }}
  readOnly: true
{{- end }}
{{- if and $values.web.existingSecret .role.usesTokens }}
- name: web
  mountPath: {{ include "tocsin.tokensPath" . }}
  readOnly: true
{{- end }}
{{- if and $values.model.existingClaim .role.usesModel }}
- name: model
  mountPath: {{ include "tocsin.modelPath" . }}
  readOnly: true
{{- end }}
{{- if and $values.sinks.existingSecret .role.usesSinks }}
- name: sinks
  mountPath: {{ $values.sinks.mountPath }}
  readOnly: true
{{- end }}
{{- if and (include "tocsin.hasSources" $root) .role.usesSources }}
- name: sources
  mountPath: {{ dir (include "tocsin.sourcesPath" .) }}
  readOnly: true
{{- end }}
{{- if and $values.sources.existingSecret .role.usesSources }}
- name: source-secrets
  mountPath: {{ $values.sources.mountPath }}
  readOnly: true
{{- end }}
{{- with .role.extraVolumeMounts }}
{{ tpl (toYaml .) $root }}
{{- end }}
{{- end }}

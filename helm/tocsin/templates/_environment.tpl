{{- /* The program's settings as environment variables. */}}

{{- /* A number as it was written: Helm holds some as floats, which print with an exponent. */}}
{{- define "tocsin.scalar" -}}
{{- if kindIs "slice" . }}
{{- join "," . }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) }}
{{- int64 . }}
{{- else }}
{{- toString . }}
{{- end }}
{{- end }}

{{- define "tocsin.authenticated" -}}
{{- if hasPrefix "SASL_" .Values.kafka.securityProtocol }}true{{ end }}
{{- end }}

{{- define "tocsin.encrypted" -}}
{{- if hasSuffix "SSL" .Values.kafka.securityProtocol }}true{{ end }}
{{- end }}

{{- define "tocsin.hasPolicy" -}}
{{- if or .Values.policy.content .Values.policy.existingConfigMap }}true{{ end }}
{{- end }}

{{- define "tocsin.hasSources" -}}
{{- if or .Values.sources.content .Values.sources.existingConfigMap }}true{{ end }}
{{- end }}

{{- define "tocsin.saslPath" }}/var/run/secrets/tocsin/sasl{{ end }}
{{- define "tocsin.tlsPath" }}/var/run/secrets/tocsin/tls{{ end }}
{{- define "tocsin.tokensPath" }}/var/run/secrets/tocsin/web{{ end }}
{{- define "tocsin.policyPath" }}/etc/tocsin/policy.toml{{ end }}
{{- define "tocsin.sourcesPath" }}/etc/tocsin-sources/sources.toml{{ end }}
{{- define "tocsin.statePath" }}/var/lib/tocsin{{ end }}
{{- define "tocsin.modelPath" }}/var/lib/tocsin-model{{ end }}

{{- /* Settings that values.yaml has a place of its own for; takes root and role. */}}
{{- define "tocsin.settings" -}}
{{- $values := .root.Values }}
{{- $kafka := $values.kafka -}}
TOCSIN_BROKER: {{ join "," $kafka.brokers | quote }}
{{- with $kafka.topicPrefix }}
TOCSIN_TOPIC_PREFIX: {{ . | quote }}
{{- end }}
TOCSIN_GROUP_PREFIX: {{ $kafka.groupPrefix | quote }}
TOCSIN_PARTITIONS: {{ include "tocsin.scalar" $kafka.partitions | quote }}
TOCSIN_REPLICATION: {{ include "tocsin.scalar" $kafka.replication | quote }}
TOCSIN_SECURITY_PROTOCOL: {{ $kafka.securityProtocol | quote }}
{{- if include "tocsin.authenticated" .root }}
TOCSIN_SASL_MECHANISM: {{ $kafka.sasl.mechanism | quote }}
TOCSIN_SASL_PASSWORD_FILE: {{ include "tocsin.saslPath" . }}/password
{{- end }}
{{- if include "tocsin.encrypted" .root }}
{{- if $kafka.tls.existingSecret }}
{{- if $kafka.tls.caKey }}
TOCSIN_SSL_CAFILE: {{ include "tocsin.tlsPath" . }}/ca.crt
{{- end }}
{{- if $kafka.tls.certKey }}
TOCSIN_SSL_CERTFILE: {{ include "tocsin.tlsPath" . }}/tls.crt
{{- end }}
{{- if $kafka.tls.keyKey }}
TOCSIN_SSL_KEYFILE: {{ include "tocsin.tlsPath" . }}/tls.key
{{- end }}
{{- end }}
TOCSIN_SSL_CHECK_HOSTNAME: {{ $kafka.tls.checkHostname | quote }}
{{- end }}
TOCSIN_STATE_DIR: {{ include "tocsin.statePath" . }}
{{- if and .role.keepsTables (eq $values.state.store "rocksdb") }}
TOCSIN_STATE_STORE: {{ $values.state.store }}
{{- end }}
TOCSIN_WEB_HOST: {{ $values.web.host | quote }}
TOCSIN_WEB_PORT: {{ include "tocsin.scalar" $values.web.port | quote }}
{{- if and $values.web.existingSecret .role.usesTokens }}
TOCSIN_WEB_TOKEN_FILE: {{ include "tocsin.tokensPath" . }}/tokens
{{- end }}
{{- if and (include "tocsin.hasPolicy" .root) (not .role.withoutPolicy) }}
TOCSIN_POLICY: {{ include "tocsin.policyPath" . }}
{{- end }}
{{- if and (include "tocsin.hasSources" .root) .role.usesSources }}
TOCSIN_SOURCES: {{ include "tocsin.sourcesPath" . }}
{{- end }}
{{- if and $values.sources.existingSecret $values.sources.tokensKey .role.usesSources }}
TOCSIN_SOURCE_TOKEN_FILE: {{ $values.sources.mountPath }}/{{ $values.sources.tokensKey }}
{{- end }}
{{- if and $values.model.existingClaim .role.usesModel }}
TOCSIN_MODEL: {{ include "tocsin.modelPath" . }}/{{ $values.model.path }}
{{- end }}
{{- end }}

{{- /* All settings, `config` included, by variable (YAML); takes root and role. */}}
{{- define "tocsin.variables" -}}
{{- $settings := include "tocsin.settings" . | fromYaml }}
{{- range $name, $value := .root.Values.config }}
{{- $_ := set $settings (printf "TOCSIN_%s" (upper $name)) (include "tocsin.scalar" $value) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{- /* Names of the variables that the chart sets (YAML list); takes root and role. */}}
{{- define "tocsin.ownVariables" -}}
{{- $names := include "tocsin.variables" . | fromYaml | keys }}
{{- if include "tocsin.authenticated" .root }}
{{- $names = append $names "TOCSIN_SASL_USERNAME" }}
{{- end }}
{{- toYaml (sortAlpha $names) }}
{{- end }}

{{- /* The list `env` of a container; takes root and role. */}}
{{- define "tocsin.environment" -}}
{{- $root := .root }}
{{- range $name, $value := include "tocsin.variables" . | fromYaml }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- if include "tocsin.authenticated" $root }}
- name: TOCSIN_SASL_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ $root.Values.kafka.sasl.existingSecret }}
      key: {{ $root.Values.kafka.sasl.usernameKey }}
{{- end }}
{{- with .role.extraEnv }}
{{ tpl (toYaml .) $root }}
{{- end }}
{{- end }}

{{- /* The list `envFrom` of a container, if any; takes root and role. */}}
{{- define "tocsin.environmentFrom" -}}
{{- $sinks := .root.Values.sinks }}
{{- if and $sinks.existingSecret $sinks.asEnvironment .role.usesSinks }}
- secretRef:
    name: {{ $sinks.existingSecret }}
{{- end }}
{{- $sources := .root.Values.sources }}
{{- if and $sources.existingSecret $sources.asEnvironment .role.usesSources }}
- secretRef:
    name: {{ $sources.existingSecret }}
{{- end }}
{{- with .role.extraEnvFrom }}
{{ tpl (toYaml .) $.root }}
{{- end }}
{{- end }}

{{- /*
The roles that run, by name, each with the defaults that it does not override (YAML). Tables in
RocksDB want a disk, unless the role itself says otherwise.
*/}}
{{- define "tocsin.roles" -}}
{{- $roles := dict }}
{{- range $name, $role := .Values.roles }}
{{- $full := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $role) }}
{{- $asked := mergeOverwrite (dict "persistence" dict) (deepCopy $role) }}
{{- if and $full.keepsTables (eq $.Values.state.store "rocksdb") (not (hasKey $asked.persistence "enabled")) }}
{{- $_ := set $full.persistence "enabled" true }}
{{- end }}
{{- if $full.enabled }}
{{- $_ := set $roles $name $full }}
{{- end }}
{{- end }}
{{- toYaml $roles }}
{{- end }}

{{- /* Deployment or StatefulSet. */}}
{{- define "tocsin.kind" -}}
{{- ternary "StatefulSet" "Deployment" .persistence.enabled }}
{{- end }}

{{- /* Consumer group of a role; takes root and name. See streams/kafka/topics.py. */}}
{{- define "tocsin.group" -}}
{{- $kafka := .root.Values.kafka }}
{{- $kafka.groupPrefix }}-{{ $kafka.topicPrefix }}{{ .name }}
{{- end }}

{{- /* The most pods of a role that an autoscaler may ask for; takes root and role. */}}
{{- define "tocsin.maxReplicas" -}}
{{- $partitions := int .root.Values.kafka.partitions }}
{{- $wanted := int .role.autoscaling.maxReplicas | default $partitions }}
{{- max (min $wanted $partitions) (int .role.autoscaling.minReplicas) }}
{{- end }}

{{- /* Selector of a role's pods; takes root and name. */}}
{{- define "tocsin.roleSelector" -}}
{{- include "tocsin.selectorLabels" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- /* A pod that is replaced whenever what it is configured with changes; takes root and role. */}}
{{- define "tocsin.checksums" -}}
{{- with .root.Values.policy.content }}
checksum/policy: {{ sha256sum . }}
{{- end }}
{{- if .role.usesSources }}
{{- with .root.Values.sources.content }}
checksum/sources: {{ sha256sum . }}
{{- end }}
{{- end }}
{{- end }}

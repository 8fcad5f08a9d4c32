{{- /* Mistakes that the schema cannot see; each says how to mend it. */}}
{{- define "tocsin.check" -}}
{{- $values := .Values }}
{{- $kafka := $values.kafka }}
{{- if not $values.image.repository }}
{{- fail "image.repository is empty: set it to where your image is (deploy/Dockerfile builds one)" }}
{{- end }}
{{- if not $kafka.brokers }}
{{- fail "kafka.brokers is empty: set it to the brokers to start from, such as [kafka:9092]" }}
{{- end }}
{{- if and (include "tocsin.authenticated" .) (not $kafka.sasl.existingSecret) }}
{{- fail (printf "kafka.securityProtocol is %s: set kafka.sasl.existingSecret to the Secret with name and password" $kafka.securityProtocol) }}
{{- end }}
{{- if and $kafka.sasl.existingSecret (not (include "tocsin.authenticated" .)) }}
{{- fail (printf "kafka.sasl.existingSecret is set but kafka.securityProtocol is %s: set it to SASL_SSL or SASL_PLAINTEXT" $kafka.securityProtocol) }}
{{- end }}
{{- if and $kafka.tls.existingSecret (not (include "tocsin.encrypted" .)) }}
{{- fail (printf "kafka.tls.existingSecret is set but kafka.securityProtocol is %s: set it to SSL or SASL_SSL" $kafka.securityProtocol) }}
{{- end }}
{{- if and $kafka.tls.keyKey (not $kafka.tls.certKey) }}
{{- fail "kafka.tls.keyKey is set: set kafka.tls.certKey too" }}
{{- end }}
{{- if and $kafka.tls.certKey (not $kafka.tls.existingSecret) }}
{{- fail "kafka.tls.certKey is set: set kafka.tls.existingSecret to the Secret that has it" }}
{{- end }}
{{- if and $values.policy.content $values.policy.existingConfigMap }}
{{- fail "policy.content and policy.existingConfigMap are both set: keep one" }}
{{- end }}
{{- $sources := $values.sources }}
{{- if and $sources.content $sources.existingConfigMap }}
{{- fail "sources.content and sources.existingConfigMap are both set: keep one" }}
{{- end }}
{{- if and $sources.tokensKey (not $sources.existingSecret) }}
{{- fail "sources.tokensKey is set: set sources.existingSecret to the Secret that has it" }}
{{- end }}
{{- if and $values.web.existingSecret $values.config.web_token_file }}
{{- fail "web.existingSecret and config.web_token_file are both set: keep one" }}
{{- end }}
{{- if and $values.sinks.asEnvironment (not $values.sinks.existingSecret) }}
{{- fail "sinks.asEnvironment is set: set sinks.existingSecret to the Secret whose keys are given" }}
{{- end }}
{{- with $values.prometheusRule.disabled }}
{{- $known := include "tocsin.alerts" $ | fromYamlArray }}
{{- range . }}
{{- if not (has . $known) }}
{{- fail (printf "prometheusRule.disabled names %s, which is no alert of the chart: there are %s" . (join ", " $known)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $role := $values.roles }}
{{- $full := mergeOverwrite (deepCopy $values.defaults) (deepCopy $role) }}
{{- $asked := mergeOverwrite (dict "ingress" dict "httpRoute" dict) (deepCopy $role) }}
{{- if and (not $full.enabled) (or $asked.ingress.enabled $asked.httpRoute.enabled) }}
{{- fail (printf "roles.%s has an ingress or httpRoute and does not run: set roles.%s.enabled to true" $name $name) }}
{{- end }}
{{- end }}
{{- $roles := include "tocsin.roles" . | fromYaml }}
{{- if not $roles }}
{{- fail "no role is enabled: set roles.score.enabled or another's" }}
{{- end }}
{{- $closed := eq (toString $values.config.web_reads) "token" }}
{{- $tokens := or $values.web.existingSecret $values.config.web_token_file }}
{{- range $name, $role := $roles }}
{{- if and $closed (not $tokens) (not $role.extraEnv) (not $role.extraEnvFrom) }}
{{- fail "config.web_reads is token: set web.existingSecret to the Secret with the tokens of who may read" }}
{{- end }}
{{- if and $closed $values.web.existingSecret (not $role.usesTokens) (not $role.extraEnv) (not $role.extraEnvFrom) }}
{{- fail (printf "config.web_reads is token: roles.%s.usesTokens has to be true" $name) }}
{{- end }}
{{- $scaling := $role.autoscaling }}
{{- if gt (int $scaling.minReplicas) (int $kafka.partitions) }}
{{- if $scaling.enabled }}
{{- fail (printf "roles.%s.autoscaling.minReplicas is %d and kafka.partitions %d: at most one pod per partition has work" $name (int $scaling.minReplicas) (int $kafka.partitions)) }}
{{- end }}
{{- end }}
{{- if and $scaling.enabled $scaling.maxReplicas (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- fail (printf "roles.%s.autoscaling.minReplicas is %d and maxReplicas %d: set maxReplicas to as many at least, or to 0 for kafka.partitions" $name (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- end }}
{{- $made := include "tocsin.ownVariables" (dict "root" $ "role" $role) | fromYamlArray }}
{{- range $role.extraEnv }}
{{- $variable := tpl .name $ }}
{{- if has $variable $made }}
{{- fail (printf "roles.%s.extraEnv has %s, which the chart sets from other values: set those (the README lists them; config for settings without a place of their own)" $name $variable) }}
{{- end }}
{{- end }}
{{- if and $scaling.enabled (eq $scaling.type "hpa") (not $scaling.targetCPUUtilizationPercentage) (not $scaling.metrics) }}
{{- fail (printf "roles.%s.autoscaling has nothing to go by: set targetCPUUtilizationPercentage or metrics" $name) }}
{{- end }}
{{- if and $scaling.enabled (eq $scaling.type "keda") (not $role.topics) }}
{{- fail (printf "roles.%s.topics is empty: KEDA scales on the lag in them" $name) }}
{{- end }}
{{- if and (eq (toString $role.strategy.maxSurge) "0") (eq (toString $role.strategy.maxUnavailable) "0") }}
{{- fail (printf "roles.%s.strategy allows neither a pod more nor a pod less: set maxSurge to 1" $name) }}
{{- end }}
{{- if and (or $role.ingress.enabled $role.httpRoute.enabled) (not $role.service.enabled) }}
{{- fail (printf "roles.%s: ingress and httpRoute lead to a Service: set service.enabled to true" $name) }}
{{- end }}
{{- if and $role.ingress.enabled (not $role.ingress.hosts) }}
{{- fail (printf "roles.%s.ingress.hosts is empty: set the host names it answers to" $name) }}
{{- end }}
{{- if and $role.httpRoute.enabled (not $role.httpRoute.parentRefs) }}
{{- fail (printf "roles.%s.httpRoute.parentRefs is empty: set the gateways that take it" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels that select the operator's pods. */}}
{{- define "ebb.selectorLabels" -}}
app.kubernetes.io/name: ebb-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of every object of the chart. */}}
{{- define "ebb.labels" -}}
{{ include "ebb.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: ebb
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Annotations of an object that is there only while the chart is uninstalled; the argument is its weight. */}}
{{- define "ebb.uninstallHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* Security context of a pod that passes the restricted Pod Security Standard. */}}
{{- define "ebb.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Security context of a container in such a pod. */}}
{{- define "ebb.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end }}

{{/* Seconds in a duration of minutes or seconds. */}}
{{- define "ebb.seconds" -}}
{{- if hasSuffix "m" . }}{{ mul (trimSuffix "m" . | atoi) 60 }}{{ else }}{{ trimSuffix "s" . }}{{ end }}
{{- end }}

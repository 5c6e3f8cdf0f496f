{{/* Labels that select the operator's pods. */}}
{{- define "ebb.selectorLabels" -}}
app.kubernetes.io/name: ebb-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels that select the pod of the Job that ejects. */}}
{{- define "ebb.ejectLabels" -}}
app.kubernetes.io/name: ebb-eject
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

{{/* Names of the gateways that a namespace can have: roles know no patterns. */}}
{{- define "ebb.gateways" -}}
ebb-gateway{{ range untilStep 2 11 1 }}, ebb-gateway-{{ . }}{{ end }}
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

{{/* Egress rules by which a pod reaches the API server, and names of whatever answers them. */}}
{{- define "ebb.apiServerEgress" -}}
# The API server, by its Service and by its endpoints: which of them counts depends on the network plug-in.
- ports:
    - port: 443
      protocol: TCP
    - port: {{ .Values.networkPolicy.apiServerPort }}
      protocol: TCP
# The port of a name server is its pod's: 53 for most, 5353 on OpenShift, any for pods with the usual label.
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
    - port: 5353
      protocol: UDP
    - port: 5353
      protocol: TCP
- to:
    - namespaceSelector: {}
      podSelector:
        matchLabels:
          k8s-app: kube-dns
{{- end }}

/** The Helm template of a CRD: the CRD as it is, behind the chart's crds values. */

const keep = `  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`;

/** text is the CRD's YAML, name its metadata.name. */
export function chartTemplate(text: string, name: string): string {
  if (text.includes("{{")) throw new Error(`${name}: {{ would be read by Helm`);
  const nameLine = `\n  name: ${name}\n`;
  if (!text.includes(nameLine)) throw new Error(`${name}: metadata.name is not where it is expected`);
  return `{{- /* Made from crds/ by \`npm run generate\`; do not edit. */ -}}
{{- if .Values.crds.enabled }}
${text.replace(nameLine, () => nameLine + keep)}{{- end }}
`;
}

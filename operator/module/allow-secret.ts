/** The command that lets the operator read one Secret, as a sentence for messages. */
export function allowSecret(namespace: string, name: string): string {
  const role = `ebb-${name}`.slice(0, 253);
  return `Allow it: kubectl --namespace ${namespace} create role ${role} --verb=get --resource=secrets --resource-name=${name}, and bind the role to the operator's service account.`;
}

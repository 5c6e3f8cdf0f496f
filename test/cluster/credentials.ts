/** Who may talk to the API server: a random token a component, and the kubeconfigs that carry them. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.ts";
import { nodeName } from "./layout.ts";
import { pkiFiles } from "./pki.ts";
import { writeWhole } from "./write-whole.ts";

/** User name and groups of each component; the names are those that Kubernetes' default roles are bound to. */
const users = {
  admin: ["kubernetes-admin", "system:masters"],
  controllerManager: ["system:kube-controller-manager", ""],
  scheduler: ["system:kube-scheduler", ""],
  kubelet: [`system:node:${nodeName}`, "system:nodes"],
  proxy: ["system:kube-proxy", ""],
  ingress: ["ebb:ingress-controller", ""],
} as const;

/** The components that have a token. */
type User = keyof typeof users;

/** A token for every user. */
export type Tokens = Readonly<Record<User, string>>;

/** The name that the ingress controller's roles are bound to. */
export const ingressUser = users.ingress[0];

/** The file with the tokens, in the API server's format. */
export function tokenFile(layout: Layout): string {
  return join(layout.pki, "tokens.csv");
}

/** The cluster's tokens, made and written on the first call. */
export async function createTokens(layout: Layout): Promise<Tokens> {
  const file = tokenFile(layout);
  if (!existsSync(file)) await writeWhole(file, tokenLines());
  const lines = (await readFile(file, "utf8")).split("\n");
  const tokenOf = (user: User): string => {
    const line = lines.find((line) => line.split(",")[1] === users[user][0]);
    if (line === undefined) throw new Error(`${file} has no token for ${users[user][0]}`);
    return line.slice(0, line.indexOf(","));
  };
  return {
    admin: tokenOf("admin"),
    controllerManager: tokenOf("controllerManager"),
    scheduler: tokenOf("scheduler"),
    kubelet: tokenOf("kubelet"),
    proxy: tokenOf("proxy"),
    ingress: tokenOf("ingress"),
  };
}

/** A kubeconfig for `token` at the API server's address, which carries the CA with it. */
export async function kubeconfigFor(layout: Layout, server: string, token: string): Promise<string> {
  const ca = await readFile(join(layout.pki, pkiFiles.ca), "base64");
  const { name } = layout;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function tokenLines(): string {
  const lines = Object.values(users).map(([name, group]) =>
    [randomBytes(24).toString("hex"), name, name, ...(group === "" ? [] : [group])].join(","),
  );
  return `${lines.join("\n")}\n`;
}

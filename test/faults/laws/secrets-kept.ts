/** Law 8: private keys, and what users keep in Secrets, are in Secrets only. */
import type { LoggedLaw } from "./law-watch.ts";

/** Values of Secrets begin with it in stories. Its length is one that base64 shows wherever it begins a value. */
export const secretMark = "kept-secret:";

const marks = ["PRIVATE KEY", secretMark, Buffer.from(secretMark).toString("base64")];

export function secretsKept(): LoggedLaw {
  return {
    law: ({ object }) => {
      if (object.kind === "Secret" || !tells(object)) return undefined;
      return `${object.kind} ${object.metadata.name} holds a secret`;
    },
    onLog: (line) => (tells(line) ? `a line of the log holds a secret: ${line.msg ?? ""}` : undefined),
  };
}

function tells(value: unknown): boolean {
  const text = JSON.stringify(value);
  return marks.some((mark) => text.includes(mark));
}

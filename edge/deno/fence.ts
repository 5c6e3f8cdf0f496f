/** Evaluated before any code of the function: also what only Deno has to reach others goes through spec.egress.allow. */
import { checkAddress } from "../hosted/fence.ts";

for (const name of ["connect", "connectTls"] as const) {
  const original = Deno[name];
  Deno[name] = async (options, ...rest) => {
    checkAddress(`http://${options.hostname ?? "127.0.0.1"}:${options.port}`);
    return await original(options, ...rest);
  };
}

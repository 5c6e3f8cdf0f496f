/** A function as Cloudflare calls it. */
import { answererOf, type Context, type Running, type Shim } from "../hosted/answer.ts";

/** Plain and secret variables are strings; EBB_VERSION is the version's own name, as Cloudflare gives it. */
type Env = Readonly<Record<string, unknown>>;

const versionBinding = "EBB_VERSION";

export interface Handler {
  fetch(request: Request, env: Env, ctx: Context): Promise<Response>;
}

export function handlerOf(shim: Shim): Handler {
  const answer = answererOf(shim);
  return {
    fetch(request, env, ctx) {
      const { [versionBinding]: version, ...own } = env;
      const { id, tag } = version as Running;
      return answer(request, { id, tag, env: own as Record<string, string> }, ctx);
    },
  };
}

/** `npm run cli`: writes dist/cli/kubectl-ebb, one file that Node runs. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle, repository } from "./images/base.ts";

const folder = join(repository, "dist/cli");
const { content } = await bundle("cli/main.ts", "node");
await mkdir(folder, { recursive: true });
await writeFile(join(folder, "kubectl-ebb"), content);
await chmod(join(folder, "kubectl-ebb"), 0o755);
console.log(join(folder, "kubectl-ebb"));

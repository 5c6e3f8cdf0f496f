/** Runs a WASI command as CGI/1.1 (RFC 3875) in this process: one new instance, one request, one answer. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";

/** A request as it reaches the service; header names in lower case. */
export type Request = {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
};

/** What came back; header names in lower case. */
export type Reply = { status: number; headers: Readonly<Record<string, string>>; text: string };

/** The reply of `module` under `env`; throws when it exits with another code than 0 or writes no header block. */
export function runCgi(
  module: WebAssembly.Module,
  env: Readonly<Record<string, string>>,
  request: Request,
): Reply {
  const folder = mkdtempSync(join(tmpdir(), "cgi-"));
  const files = { in: join(folder, "in"), out: join(folder, "out") };
  writeFileSync(files.in, request.body ?? "");
  const [stdin, stdout] = [openSync(files.in, "r"), openSync(files.out, "w")];
  try {
    const wasi = new WASI({ version: "preview1", env: { ...env, ...metaVariables(request) }, stdin, stdout });
    const code = wasi.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport }));
    if (code !== 0) throw new Error(`the command exited with ${code}`);
    return parseReply(readFileSync(files.out, "utf8"));
  } finally {
    closeSync(stdin);
    closeSync(stdout);
    rmSync(folder, { recursive: true });
  }
}

function metaVariables({ method, path, headers, body = "" }: Request): Record<string, string> {
  const [pathInfo = "", query = ""] = path.split("?");
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_METHOD: method,
    REQUEST_URI: path,
    PATH_INFO: decodeURIComponent(pathInfo),
    QUERY_STRING: query,
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
  };
  for (const [name, value] of Object.entries(headers)) {
    const variable = name.toUpperCase().replaceAll("-", "_");
    variables[variable === "CONTENT_TYPE" ? variable : `HTTP_${variable}`] = value;
  }
  return variables;
}

function parseReply(output: string): Reply {
  const blank = /\r?\n\r?\n/.exec(output);
  if (blank === null) throw new Error("the command wrote no header block");
  const lines = output.slice(0, blank.index).split(/\r?\n/);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number.parseInt(headers["status"] ?? "200", 10),
    headers,
    text: output.slice(blank.index + blank[0].length),
  };
}

/** A WASI command in AssemblyScript: its WASI shim gives `process`, and CGI gives each request as environment and stdin. */

function main(): void {
  const path = variable("PATH_INFO");
  if (path == "/echo") echo();
  else if (path == "/env") answer(200, variable("GREETING") + "\n");
  else if (path == "/wait") wait();
  else if (path.startsWith("/status/")) status(path.substring(8));
  else if (path == "/fail") throw new Error("asked to fail");
  else answer(404, "no such page\n");
}

function variable(name: string): string {
  return process.env.has(name) ? process.env.get(name) : "";
}

function echo(): void {
  answer(
    200,
    variable("REQUEST_METHOD") + " " + variable("REQUEST_URI") + " " + variable("HTTP_X_SENT") + "\n",
  );
  const buffer = new ArrayBuffer(65536);
  for (let length = process.stdin.read(buffer); length > 0; length = process.stdin.read(buffer))
    process.stdout.write(buffer.slice(0, length));
}

function status(code: string): void {
  answer(i32(parseInt(code)), "status " + code + "\n");
}

/** The shim has no timer, so this is a loop until the clock says that it is time. */
function wait(): void {
  const start = Date.now();
  while (Date.now() - start < 30) {}
  answer(200, "waited true\n");
}

function answer(code: i32, body: string): void {
  process.stdout.write("Status: " + code.toString() + "\nContent-Type: text/plain; charset=utf-8\n\n" + body);
}

main();

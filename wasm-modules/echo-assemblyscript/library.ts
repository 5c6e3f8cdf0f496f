/** What AssemblyScript builds without its WASI shim: a library for JavaScript, which no edge of Ebb can run. */
export function greet(name: string): string {
  if (name.length == 0) throw new Error("no name");
  return "Hello, " + name + "!";
}

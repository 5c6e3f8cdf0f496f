/** Runs the versions that the fake API has taken, each in its own isolate, as its own Worker. */
export default {
  async fetch(request, env) {
    const id = request.headers.get("x-fake-version");
    const stub = env.LOADER.get(id, () => load(env, id));
    if (request.headers.has("x-fake-check")) return Response.json(await check(stub));
    const inner = new Request(request.headers.get("x-fake-url"), request);
    for (const name of request.headers.keys()) if (name.startsWith("x-fake-")) inner.headers.delete(name);
    try {
      return await stub.getEntrypoint().fetch(inner, { redirect: "manual", encodeResponseBody: "manual" });
    } catch (error) {
      console.error(String(error));
      return new Response("error code: 1101", { status: 500 });
    }
  },
};

async function load(env, id) {
  const version = await (await env.STORE.fetch(`http://store/${id}`)).json();
  const modules = version.modules.map(({ name, type, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return [name, moduleOf(type, bytes)];
  });
  return { ...version, modules: Object.fromEntries(modules) };
}

function moduleOf(type, bytes) {
  if (type === "application/wasm") return { wasm: bytes.buffer };
  if (type === "application/octet-stream") return { data: bytes.buffer };
  const text = new TextDecoder().decode(bytes);
  return type === "text/plain" ? { text } : { js: text };
}

/** Starts the Worker and calls nothing: it has no entrypoint of this name. */
async function check(stub) {
  try {
    await stub.getEntrypoint("NoSuchEntrypoint").nothing();
  } catch (error) {
    const { message } = error;
    return { message: message.startsWith("Failed to start Worker") ? message : undefined };
  }
  return {};
}

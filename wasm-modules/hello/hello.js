/**
 * A greeting as one ES module: `env.GREETING` sets its first word, the query's `name` its last.
 * `env.SERVED_BY` is the `Served-By` header of every answer when it is set.
 */
export default {
  /** Answers GET and HEAD with one line of text, any other method with 405. */
  async fetch(request, env) {
    const headers = new Headers({ "content-type": "text/plain; charset=utf-8" });
    if (env.SERVED_BY) headers.set("served-by", env.SERVED_BY);
    if (request.method !== "GET" && request.method !== "HEAD") {
      headers.set("allow", "GET, HEAD");
      return new Response("method must be one of: GET, HEAD\n", { status: 405, headers });
    }
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    return new Response(`${env.GREETING ?? "Hello"}, ${name}!\n`, { headers });
  },
};

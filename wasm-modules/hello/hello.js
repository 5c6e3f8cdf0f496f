/** A greeting as one ES module: `env.GREETING` sets its first word, the query's `name` its last. */
export default {
  /** Answers GET and HEAD with one line of text, any other method with 405. */
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("method must be one of: GET, HEAD\n", {
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    }
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    return new Response(`${env.GREETING ?? "Hello"}, ${name}!\n`, {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  },
};

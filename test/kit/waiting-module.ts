/** Source of a Worker that tells whether a request to `/wait` is under way, which is never answered. */
export const waitingModule = `let waiting = false;
  export default {
    async fetch(request) {
      if (!request.url.endsWith("/wait")) return new Response(String(waiting));
      waiting = true;
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    },
  };`;

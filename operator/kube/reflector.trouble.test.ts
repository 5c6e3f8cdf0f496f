/** The reflector against a server that refuses, lies, breaks off and falls silent. */
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { History, historyOf, setUp, waitFor } from "../../test/kit/reflector-world.ts";
import { answer, refuse } from "../../test/kit/scripted-server.ts";

const expiry: [string, (response: ServerResponse) => void][] = [
  ["as a status", (response) => refuse(response, 410, "Expired")],
  [
    "as an event",
    (response) => {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      response.writeHead(200).end(`${JSON.stringify({ type: "ERROR", object })}\n`);
    },
  ],
];

test.each(expiry)("410 %s lists again and delivers the difference", async (_how, expire) => {
  const history = historyOf("same", "changed", "gone");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  let expired = false;
  history.interfere = (request, response) => {
    if (!request.query.has("watch") || expired) return false;
    expired = true;
    // What happens now is in the next list only.
    history.set("changed", "2");
    history.delete("gone");
    history.set("new", "1");
    expire(response);
    return true;
  };
  history.write = () => undefined;
  history.endWatches();
  await waitFor(() => expect(world.lists().length).toBeGreaterThanOrEqual(4));
  await waitFor(() => expect(world.events).toHaveLength(6));
  expect(world.told().slice(3)).toEqual(["deleted gone 1", "modified changed 2", "added new 1"]);
  expect(world.events.slice(3).every((event) => !event.initial)).toBe(true);
  expect(world.names()).toEqual(["changed", "new", "same"]);
});

const trouble: [string, (response: ServerResponse) => void][] = [
  ["500", (response) => refuse(response, 500, "InternalError")],
  ["401", (response) => refuse(response, 401, "Unauthorized")],
  ["a reset connection", (response) => response.socket?.resetAndDestroy()],
  [
    "HTML instead of JSON",
    (response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>\n<body>Sign in</body>\n</html>\n"),
  ],
  ["an empty answer", (response) => response.writeHead(200).end()],
  ["JSON that is no event", (response) => answer(response, 200, { hello: "world" })],
];

test.each(trouble)("it goes on after %s to list and to watch", async (_name, answerWith) => {
  const history = historyOf("a");
  let lists = 2;
  let watches = 2;
  history.interfere = (request, response) => {
    const left = request.query.has("watch") ? watches-- : lists--;
    if (left <= 0) return false;
    answerWith(response);
    return true;
  };
  await using world = await setUp(history);
  await world.reflector.synced;
  await waitFor(() => expect(world.watches().length).toBeGreaterThanOrEqual(3));
  history.set("b", "1");
  await waitFor(() => expect(world.names()).toEqual(["a", "b"]));
  expect(world.told()).toEqual(["added a 1", "added b 1"]);
});

test("failures back off from 0.8 to 30 seconds", async () => {
  const history = historyOf("a");
  history.interfere = (_request, response) => {
    refuse(response, 500, "InternalError");
    return true;
  };
  await using world = await setUp(history, { random: () => 0 });
  await waitFor(() => expect(world.failures.length).toBeGreaterThanOrEqual(7));
  const delays = world.clock.sleeps.filter((ms) => ms <= 30_000);
  expect(delays.slice(0, 7)).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
});

test("Retry-After of a list is waited for when it is longer than the backoff", async () => {
  const history = historyOf("a");
  let refused = false;
  history.interfere = (_request, response) => {
    if (refused) return false;
    refused = true;
    refuse(response, 503, "ServiceUnavailable", { "retry-after": "17" });
    return true;
  };
  await using world = await setUp(history);
  await world.reflector.synced;
  expect(world.clock.sleeps).toContain(17_000);
});

test("three failed watches in a row lead to a new list", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await world.reflector.synced;
  history.interfere = (request, response) => {
    if (!request.query.has("watch") || world.lists().length > 1) return false;
    refuse(response, 504, "Timeout");
    return true;
  };
  history.endWatches();
  await waitFor(() => expect(world.lists()).toHaveLength(2));
  expect(world.failures).toHaveLength(3);
});

test("a watch without a byte is given up and begun again", async () => {
  const history = historyOf("a");
  await using world = await setUp(history, { inactivityMs: 200 });
  await waitFor(() => expect(world.watches().length).toBeGreaterThanOrEqual(2));
  expect(world.failures[0]).toMatchObject({ name: "RequestError", code: "TIMEOUT" });
  expect(world.lists()).toHaveLength(1);
});

function play(history: History): void {
  history.set("é漢🙂", "1");
  history.set("a", "zwölf");
  history.delete("é漢🙂");
}

test("a stream cut at any byte, inside characters too, loses and repeats nothing", {
  timeout: 60_000,
}, async () => {
  const told = ["added a 1", "added é漢🙂 1", "modified a zwölf", "deleted é漢🙂 gone"];
  const streamed = new History();
  play(streamed);
  const length = Buffer.byteLength(streamed.changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  for (let cut = 0; cut <= length; cut += 7) {
    const history = historyOf("a");
    await using world = await setUp(history);
    await world.reflector.synced;
    await waitFor(() => expect(world.watches()).toHaveLength(1));
    history.write = (response, text) => {
      const bytes = Buffer.from(text);
      const isFirst = world.watches().length === 1;
      const already = sent;
      sent += bytes.length;
      if (!isFirst) response.write(bytes);
      else if (sent <= cut) response.write(bytes);
      else if (already <= cut) response.write(bytes.subarray(0, cut - already), () => response.destroy());
    };
    let sent = 0;
    play(history);
    await waitFor(() => expect(world.told()).toEqual(told));
    expect(world.names()).toEqual(history.names());
    expect(world.lists()).toHaveLength(1);
  }
});

test("a stream that comes in pieces of any size is read whole", async () => {
  for (const size of [1, 2, 3, 5, 13, 64]) {
    const history = historyOf("a");
    history.write = (response, text) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
    };
    await using world = await setUp(history);
    await waitFor(() => expect(world.watches()).toHaveLength(1));
    history.set("é漢🙂", "zwölf");
    await waitFor(() => expect(world.told()).toEqual(["added a 1", "added é漢🙂 zwölf"]));
  }
});

test.each([403, 404])(
  "an optional kind that is refused with %s counts as read, and comes when it is allowed",
  async (code) => {
    const history = historyOf("a");
    let isRefused = true;
    history.interfere = (_request, response) => {
      if (isRefused) refuse(response, code, "Refused");
      return isRefused;
    };
    await using world = await setUp(history, { optional: true });
    await world.reflector.synced;
    expect([world.reflector.store.isKnown, world.names()]).toEqual([false, []]);
    isRefused = false;
    await waitFor(() => expect(world.names()).toEqual(["a"]));
    expect(world.reflector.store.isKnown).toBe(true);
  },
);

test("a kind that is not optional is waited for", async () => {
  const history = historyOf("a");
  history.interfere = (_request, response) => {
    if (world.failures.length < 3) refuse(response, 403, "Forbidden");
    return world.failures.length < 3;
  };
  await using world = await setUp(history);
  await world.reflector.synced;
  expect([world.reflector.store.isKnown, world.names()]).toEqual([true, ["a"]]);
});

import { expect, test } from "vitest";
import { parseRequests, total, writesBetween } from "./operator-metrics.ts";

const text = `# TYPE rest_client_requests_total counter
rest_client_requests_total{method="GET",resource="pods",code="200"} 7
rest_client_requests_total{method="PATCH",resource="pods/status",code="200"} 4
rest_client_requests_total{method="PATCH",resource="pods/status",code="409"} 1
rest_client_requests_total{method="PATCH",resource="leases",code="200"} 90
workqueue_depth{name="pool"} 3
`;

test("requests are counted by method and resource, but for the lease of leading", () => {
  expect(Object.fromEntries(parseRequests(text))).toEqual({ "GET pods": 7, "PATCH pods/status": 5 });
});

test("writes between two counts are those that were added and do not only read", () => {
  const before = parseRequests(text);
  const after = parseRequests(text.replace('"200"} 4', '"200"} 6').replace('"200"} 7', '"200"} 9'));
  const writes = writesBetween(before, after);
  expect(Object.fromEntries(writes)).toEqual({ "PATCH pods/status": 2 });
  expect(total(writes)).toBe(2);
});

test("all requests of an operator that has just started were made since", () => {
  expect(total(writesBetween(new Map(), parseRequests(text)))).toBe(5);
});

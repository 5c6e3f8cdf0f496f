import { expect, it } from "vitest";
import { isAllowed } from "./egress.ts";

const rules = [
  { host: "api.example.com", port: 443 },
  { host: "*.shop.example", port: 443 },
  { host: "orders.shop.svc", port: 80 },
  { host: "10.0.0.7", port: 8080 },
];

it.each([
  "https://api.example.com/v1",
  "https://API.example.com:443/",
  "https://a.shop.example/",
  "https://a.b.shop.example/",
  "http://orders.shop.svc/",
  "http://orders.shop.svc:80/?q=1",
  "http://10.0.0.7:8080/",
  "https://10.0.0.7:8080/",
  "http://0xa.7:8080/",
  "http://api.example.com:443/",
])("lets %s pass", (url) => {
  expect(isAllowed(new URL(url), rules)).toBe(true);
});

it.each([
  "http://api.example.com/",
  "https://api.example.com:8443/",
  "https://api.example.com./",
  "https://xapi.example.com/",
  "https://example.com/",
  "https://shop.example/",
  "https://evilshop.example/",
  "https://.shop.example/",
  "https://a.shop.example.evil.example/",
  "https://api.example.com@evil.example/",
  "http://10.0.0.70:8080/",
  "http://[::ffff:10.0.0.7]:8080/",
  "ftp://orders.shop.svc:80/",
  "ws://orders.shop.svc:80/",
])("stops %s", (url) => {
  expect(isAllowed(new URL(url), rules)).toBe(false);
});

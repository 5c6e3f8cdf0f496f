/** Statuses and headers of answers. */
import { failing, get, type HttpCase } from "../http-case.ts";

const statuses = [200, 201, 202, 203, 206, 301, 307, 400, 401, 404, 418, 429, 451, 500, 503, 599];

export const answerCases: readonly HttpCase[] = [
  ...statuses.map((code) => get(`the status ${code}`, `/status?code=${code}&body=text`)),
  get("204 with no body", "/none?code=204"),
  get("204 with a body that is not sent", "/status?code=204&body=text"),
  get("205 with no body", "/none?code=205"),
  get("304 with no body", "/none?code=304"),
  get("304 with a body that is not sent", "/status?code=304&body=text"),
  get("200 with no body", "/none?code=200"),
  get("404 with no body", "/none?code=404"),
  get("a status that is none", "/status?code=99&body=text"),
  get("a status beyond 599", "/status?code=600&body=text", {
    differs: {
      ...failing(
        "BadResponse",
        "the status 600 is not from 200 to 599\n",
        "workerd sends statuses up to 599",
      ),
      wasmtime: { status: 600 },
    },
  }),
  get("an informational status", "/status?code=103&body=text", {
    differs: failing("BadResponse", "the status 103 is not from 200 to 599\n", "it is no answer"),
  }),
  get("headers with many values, cookies and UTF-8", "/many"),
  get("a header that is no UTF-8", "/latin", {
    differs: {
      why: "header values are UTF-8; other bytes are taken for Latin-1 and written so",
      edge: { headers: ["x-latin: caf\xc3\xa9"] },
      wasmtime: { headers: ["x-latin: caf\xe9"] },
    },
  }),
  { title: "the same headers in answer to HEAD", method: "HEAD", target: "/many" },
  get("a type with a charset", "/type?type=text/html;charset=utf-8&body=page"),
  get("an encoding that the module made itself", "/type?type=gzip&body=not-really"),
  get("the rules for headers", "/fields"),
  get("headers that cannot be changed", "/immutable"),
];

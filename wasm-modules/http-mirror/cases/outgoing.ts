/** Requests of the module's own, to the origin of `origin.ts`. */
import { get, type HttpCase, post, postChunks } from "../http-case.ts";
import { addresses, originPort } from "../hosts.ts";

const to = (path: string, more = "") =>
  `/fetch?authority=${addresses.origin}:${originPort}&path=${path}${more}`;

export const outgoingCases: readonly HttpCase[] = [
  get("a request", to("/plain", "&show=x-origin")),
  get("what the origin is told", to("/told")),
  get("an answer of 2 MB", to("/large")),
  get("an answer of no bytes", to("/status/204")),
  get("a status that is an error", to("/status/503")),
  get("a redirect, which is not followed", to("/redirect", "&show=location")),
  get("cookies that are set", to("/cookies", "&show=set-cookie")),
  get("a header that is there twice", to("/cookies", "&show=x-many"), {
    differs: {
      why: "values of one name come as one, joined by commas",
      edge: { body: "200 [one, two]\nset\nclosed\n" },
      wasmtime: { body: "200 [one|two]\nset\nclosed\n" },
    },
  }),
  get("an answer that is compressed", to("/gzip", "&show=content-encoding")),
  get("another method", to("/told", "&method=PROPFIND")),
  post("a body", to("/told", "&method=POST"), "passed on"),
  post("a body of nothing", to("/told", "&method=POST"), ""),
  postChunks("a body in chunks", to("/told", "&method=POST"), ["one ", "two ", "three"]),
  post("a body of 1 MiB", to("/measured", "&method=POST"), "m".repeat(1024 * 1024)),
  get("an answer that breaks off", to("/broken")),
  get("an answer that comes in drops", to("/drops")),
  get("an answer that takes too long", to("/slow", "&ms=100")),
  get("an answer in time", to("/plain", "&ms=5000")),
  get("a connection that breaks before the answer", to("/reset")),
];

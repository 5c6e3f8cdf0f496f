/** What an echo service answers, in whatever language it is written. */

export interface EchoCase {
  readonly title: string;
  readonly path: string;
  readonly method?: string;
  /** Sent as X-Sent. */
  readonly sent?: string;
  readonly body?: string;
  readonly status: number;
  /** Any unless given. */
  readonly answer?: string;
  /** Node's timers may be a millisecond early, so that its answer may be another. */
  readonly isTimed?: boolean;
}

/** The environment of every one. */
export const echoEnvironment = { GREETING: "grüße" };

const large = "large body ".repeat(100_000);

export const echoCases: readonly EchoCase[] = [
  {
    title: "a GET with a query and a header",
    path: "/echo?a=1&b=%C3%BC",
    sent: "some value",
    status: 200,
    answer: "GET /echo?a=1&b=%C3%BC some value\n",
  },
  {
    title: "a POST",
    path: "/echo",
    method: "POST",
    body: "grüße\n\n",
    status: 200,
    answer: "POST /echo \ngrüße\n\n",
  },
  { title: "an empty body", path: "/echo", method: "PUT", body: "", status: 200, answer: "PUT /echo \n" },
  {
    title: "a body of a megabyte",
    path: "/echo",
    method: "POST",
    body: large,
    status: 200,
    answer: `POST /echo \n${large}`,
  },
  { title: "a variable", path: "/env", status: 200, answer: `${echoEnvironment.GREETING}\n` },
  { title: "a wait", path: "/wait", status: 200, answer: "waited true\n", isTimed: true },
  { title: "a refusal", path: "/status/418", status: 418, answer: "status 418\n" },
  { title: "an error of its own", path: "/status/503", status: 503, answer: "status 503\n" },
  { title: "a page that it does not have", path: "/nowhere", status: 404 },
];

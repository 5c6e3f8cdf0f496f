"""The echo service as a component of wasi:http, by componentize-py."""

import os
import time

from componentize_py_types import Ok
from wit_world import exports
from wit_world.imports.types import (
    Fields,
    IncomingRequest,
    Method_Other,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)

STEP = 4096


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        status, body = respond(request)
        response = OutgoingResponse(Fields.from_list([("content-type", b"text/plain; charset=utf-8")]))
        response.set_status_code(status)
        outgoing = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        with outgoing.write() as stream:
            for at in range(0, len(body), STEP):
                stream.blocking_write_and_flush(body[at : at + STEP])
        OutgoingBody.finish(outgoing, None)


def respond(request: IncomingRequest) -> tuple[int, bytes]:
    target = request.path_with_query() or "/"
    path = target.split("?")[0]
    if path == "/echo":
        return 200, f"{method(request)} {target} {sent(request)}\n".encode() + body_of(request)
    if path == "/env":
        return 200, f"{os.environ.get('GREETING', '')}\n".encode()
    if path == "/wait":
        start = time.monotonic()
        time.sleep(0.03)
        return 200, f"waited {'true' if time.monotonic() - start >= 0.03 else 'false'}\n".encode()
    if path.startswith("/status/"):
        code = path.removeprefix("/status/")
        return int(code), f"status {code}\n".encode()
    if path == "/fail":
        raise RuntimeError("asked to fail")
    return 404, b"no such page\n"


def method(request: IncomingRequest) -> str:
    named = request.method()
    if isinstance(named, Method_Other):
        return named.value
    return type(named).__name__.removeprefix("Method_").upper()


def sent(request: IncomingRequest) -> str:
    return b"".join(request.headers().get("x-sent")).decode()


def body_of(request: IncomingRequest) -> bytes:
    parts = []
    with request.consume() as body, body.stream() as stream:
        while True:
            try:
                parts.append(stream.blocking_read(65536))
            except Exception as error:  # a stream's end is one
                if type(getattr(error, "value", None)).__name__ == "StreamError_Closed":
                    return b"".join(parts)
                raise

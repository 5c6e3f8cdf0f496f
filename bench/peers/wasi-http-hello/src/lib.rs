//! Answers every request with a short text, as a component of the world `wasi:http/proxy` 0.2.
use std::io::Write;
use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Hello;

impl Guest for Hello {
    fn handle(_request: IncomingRequest, outparam: ResponseOutparam) {
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("a new response has a body");
        ResponseOutparam::set(outparam, Ok(response));
        let mut stream = body.write().expect("a new body has a stream");
        stream.write_all(b"hello\n").expect("the caller reads");
        drop(stream);
        OutgoingBody::finish(body, None).expect("all is written");
    }
}

wasi::http::proxy::export!(Hello);

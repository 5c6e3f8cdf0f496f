//! A request of the module's own.
use crate::{answer, bodies, query::Query};
use std::io::Write;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, ResponseOutparam, Scheme,
};

/// Sends the request's body to `authority` and `path` with `method`, and answers what came: the status, the headers of
/// the names in `show`, and the body as it comes. `ms` limits the time to the first byte.
pub fn fetch(request: &IncomingRequest, out: ResponseOutparam, query: &Query) {
    match send(request, query) {
        Ok(response) => pass_on(&response, out, query.text("show")),
        Err(code) => answer::status(out, 502, &format!("{}\n", name_of(&code))),
    }
}

fn send(request: &IncomingRequest, query: &Query) -> Result<IncomingResponse, ErrorCode> {
    let headers = Fields::new();
    headers.append("x-sent", b"by the mirror").expect("it is a header");
    let outgoing = OutgoingRequest::new(headers);
    let method = match query.text("method") {
        "" | "GET" => Method::Get,
        "POST" => Method::Post,
        other => Method::Other(other.to_owned()),
    };
    let sends = matches!(method, Method::Post);
    outgoing.set_method(&method).expect("it is a method");
    outgoing.set_scheme(Some(&Scheme::Http)).expect("it is a scheme");
    outgoing.set_authority(Some(query.text("authority"))).expect("it is an authority");
    outgoing.set_path_with_query(Some(query.text("path"))).expect("it is a path");
    let body = outgoing.body().expect("the body was not taken before");
    let options = RequestOptions::new();
    if query.number("ms") > 0 {
        let limit = Some(query.number("ms") * 1_000_000);
        options.set_first_byte_timeout(limit).expect("the host takes it");
    }
    let future = outgoing_handler::handle(outgoing, Some(options))?;
    if sends {
        let mut stream = body.write().expect("the stream was not taken before");
        bodies::read(request, |bytes| {
            let _ = stream.write_all(bytes);
        });
    }
    let _ = OutgoingBody::finish(body, None);
    future.subscribe().block();
    future.get().expect("it has come").expect("it was not taken before")
}

fn pass_on(response: &IncomingResponse, out: ResponseOutparam, show: &str) {
    let (body, mut stream) = bodies::begin(out, Fields::new());
    let values: Vec<String> =
        response.headers().get(show).iter().map(|value| value.escape_ascii().to_string()).collect();
    let _ = stream.write_all(format!("{} [{}]\n", response.status(), values.join("|")).as_bytes());
    let incoming = response.consume().expect("the body was not taken before");
    let source = incoming.stream().expect("the stream was not taken before");
    let end = bodies::read_stream(&source, &mut |bytes| {
        let _ = stream.write_all(bytes);
    });
    drop(source);
    drop(IncomingBody::finish(incoming));
    let _ = stream.write_all(format!("\n{end}\n").as_bytes());
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

/// Without what hosts say in words.
fn name_of(code: &ErrorCode) -> String {
    let text = format!("{code:?}");
    text.split(['(', ' ', '{']).next().unwrap_or("").trim_start_matches("ErrorCode::").to_owned()
}

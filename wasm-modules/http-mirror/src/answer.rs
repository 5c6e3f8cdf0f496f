//! Answers of one piece.
use std::io::Write;
use wasi::http::types::{Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};

/// 200 with the text.
pub fn text(out: ResponseOutparam, body: &str) {
    status(out, 200, body);
}

/// A status with a text; with no body of its own when that is empty.
pub fn status(out: ResponseOutparam, code: u64, text: &str) {
    let fields = Fields::new();
    let typed = fields.append("content-type", b"text/plain");
    typed.expect("the name and the value are right");
    respond(out, code, fields, text.as_bytes());
}

/// The headers and the bytes, in one piece.
pub fn respond(out: ResponseOutparam, code: u64, fields: Fields, bytes: &[u8]) {
    let response = OutgoingResponse::new(fields);
    if response.set_status_code(code as u16).is_err() {
        return status(out, 500, "not a status\n");
    }
    let body = response.body().expect("the body was not taken before");
    ResponseOutparam::set(out, Ok(response));
    write(&body, bytes);
    OutgoingBody::finish(body, None).expect("all is written");
}

/// A response whose body is never taken.
pub fn no_body(out: ResponseOutparam, code: u64) {
    let response = OutgoingResponse::new(Fields::new());
    response.set_status_code(code as u16).expect("it is a status");
    ResponseOutparam::set(out, Ok(response));
}

/// Writes all bytes; a reader that has gone is no matter.
pub fn write(body: &OutgoingBody, bytes: &[u8]) {
    let mut stream = body.write().expect("the stream was not taken before");
    let _ = stream.write_all(bytes);
    let _ = stream.flush();
}

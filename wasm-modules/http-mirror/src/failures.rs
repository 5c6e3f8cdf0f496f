//! Answers that fail.
use crate::bodies;
use std::io::Write;
use wasi::http::types::{ErrorCode, Fields, OutgoingBody, ResponseOutparam};

/// Panics before the answer, after its headers, or after half of its body.
pub fn trap(out: ResponseOutparam, when: &str) {
    if when == "before" {
        panic!("asked to panic {when} the answer");
    }
    let (body, mut stream) = bodies::begin(out, Fields::new());
    if when == "half" {
        let _ = stream.write_all(b"half of ");
        let _ = stream.flush();
    }
    drop(stream);
    let _kept = body;
    panic!("asked to panic: {when}");
}

/// An error in place of an answer.
pub fn error(out: ResponseOutparam) {
    ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("asked to fail".to_owned()))));
}

/// A body that ends with trailers; says on standard error what the host made of them.
pub fn trailers(out: ResponseOutparam) {
    let (body, mut stream) = bodies::begin(out, Fields::new());
    let _ = stream.write_all(b"with trailers\n");
    let _ = stream.flush();
    drop(stream);
    let trailers = Fields::new();
    trailers.append("x-sum", b"1").expect("it is a header");
    if let Err(code) = OutgoingBody::finish(body, Some(trailers)) {
        eprintln!("trailers: {code:?}");
    }
}

/// A body that is dropped before its end.
pub fn unfinished(out: ResponseOutparam) {
    let (body, mut stream) = bodies::begin(out, Fields::new());
    let _ = stream.write_all(b"not all of it");
    let _ = stream.flush();
    drop(stream);
    drop(body);
}

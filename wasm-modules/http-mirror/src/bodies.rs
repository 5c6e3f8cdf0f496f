//! Bodies that come in and go out in parts.
use crate::{answer, surroundings};
use std::io::Write;
use wasi::http::types::{
    Fields, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasi::io::streams::{InputStream, StreamError};

/// Calls `each` with every part of the request's body, and says how it ended.
pub fn read(request: &IncomingRequest, mut each: impl FnMut(&[u8])) -> &'static str {
    let body = request.consume().expect("the body was not taken before");
    let stream = body.stream().expect("the stream was not taken before");
    let end = read_stream(&stream, &mut each);
    drop(stream);
    drop(IncomingBody::finish(body));
    end
}

pub fn read_stream(stream: &InputStream, each: &mut dyn FnMut(&[u8])) -> &'static str {
    loop {
        match stream.blocking_read(65_536) {
            Ok(bytes) => each(&bytes),
            Err(StreamError::Closed) => return "closed",
            Err(StreamError::LastOperationFailed(_)) => return "failed",
        }
    }
}

/// Length, a sum over the bytes and their places, and how the body ended.
pub fn measure(request: &IncomingRequest) -> String {
    let mut length = 0u64;
    let mut sum = 0u64;
    let end = read(request, |bytes| {
        for byte in bytes {
            length += 1;
            sum = sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
    });
    format!("{length} {sum:016x} {end}\n")
}

/// The request's body and its type, part by part.
pub fn echo(request: &IncomingRequest, out: ResponseOutparam) {
    let fields = Fields::new();
    for value in request.headers().get("content-type") {
        let _ = fields.append("content-type", &value);
    }
    stream_out(request, out, fields, |bytes| bytes.to_vec());
}

/// The same in capitals.
pub fn upper(request: &IncomingRequest, out: ResponseOutparam) {
    stream_out(request, out, Fields::new(), <[u8]>::to_ascii_uppercase);
}

fn stream_out(
    request: &IncomingRequest,
    out: ResponseOutparam,
    fields: Fields,
    change: impl Fn(&[u8]) -> Vec<u8>,
) {
    let (body, mut stream) = begin(out, fields);
    read(request, |bytes| {
        let _ = stream.write_all(&change(bytes));
    });
    drop(stream);
    OutgoingBody::finish(body, None).expect("all is written");
}

/// `n` bytes of a pattern, `chunk` at a time.
pub fn bytes(out: ResponseOutparam, n: u64, chunk: u64) {
    let (body, mut stream) = begin(out, Fields::new());
    let mut sent = 0;
    while sent < n {
        let size = chunk.max(1).min(n - sent);
        let part: Vec<u8> = (sent..sent + size).map(|at| (at % 251) as u8).collect();
        if stream.write_all(&part).is_err() {
            break;
        }
        sent += size;
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

/// Lines with time between them.
pub fn drip(out: ResponseOutparam, parts: u64, ms: u64) {
    let (body, mut stream) = begin(out, Fields::new());
    for part in 1..=parts {
        let _ = stream.write_all(format!("part {part}\n").as_bytes());
        let _ = stream.flush();
        surroundings::pause(ms);
    }
    drop(stream);
    OutgoingBody::finish(body, None).expect("all is written");
}

/// A content-length and as many bytes as are asked for; what the host says of it goes to standard error.
pub fn length(out: ResponseOutparam, says: &str, writes: u64) {
    let fields = Fields::new();
    if fields.append("content-length", says.as_bytes()).is_err() {
        return answer::status(out, 500, "not a header\n");
    }
    let (body, mut stream) = begin(out, fields);
    if let Err(error) = stream.write_all(&vec![b'x'; writes as usize]) {
        eprintln!("write: {error}");
    }
    drop(stream);
    if let Err(code) = OutgoingBody::finish(body, None) {
        eprintln!("finish: {code:?}");
    }
}

/// A response that has begun.
pub fn begin(
    out: ResponseOutparam,
    fields: Fields,
) -> (OutgoingBody, wasi::io::streams::OutputStream) {
    let response = OutgoingResponse::new(fields);
    let body = response.body().expect("the body was not taken before");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("the stream was not taken before");
    (body, stream)
}

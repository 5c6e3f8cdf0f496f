//! Headers of an answer, and the rules for them.
use crate::answer;
use wasi::http::types::{Fields, IncomingRequest, ResponseOutparam};

/// Several values of one name, cookies, an empty value, UTF-8.
pub fn many(out: ResponseOutparam) {
    let entries: Vec<(String, Vec<u8>)> = [
        ("x-many", b"one".as_slice()),
        ("x-many", b"two, three"),
        ("set-cookie", b"a=1; Path=/"),
        ("set-cookie", b"b=2, with a comma"),
        ("x-empty", b""),
        ("X-Upper", b"Value"),
        ("x-utf8", "grüße".as_bytes()),
        ("content-type", b"text/plain"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let fields = Fields::from_list(&entries).expect("names and values are right");
    answer::respond(out, 200, fields, b"many\n");
}

/// A value whose bytes are no UTF-8.
pub fn latin(out: ResponseOutparam) {
    let fields = Fields::new();
    fields.append("x-latin", b"caf\xe9").expect("it is a header");
    answer::respond(out, 200, fields, b"");
}

/// A body with the type, and its encoding when that is `gzip`.
pub fn typed(out: ResponseOutparam, kind: &str, body: &str) {
    let fields = Fields::new();
    let name = if kind == "gzip" { "content-encoding" } else { "content-type" };
    fields.append(name, kind.as_bytes()).expect("it is a header");
    answer::respond(out, 200, fields, body.as_bytes());
}

/// What a host says to names and values, one a line.
pub fn rules() -> String {
    let fields = Fields::new();
    let tries: [(&str, &[u8]); 14] = [
        ("x-right", b"value"),
        ("X-Right", b"again"),
        ("x wrong", b"value"),
        ("", b"value"),
        ("x-line", b"one\r\ntwo"),
        ("x-zero", b"\0"),
        ("x-tab", b"a\tb"),
        ("connection", b"close"),
        ("Transfer-Encoding", b"chunked"),
        ("host", b"example.com"),
        ("upgrade", b"h2c"),
        ("keep-alive", b"1"),
        ("proxy-connection", b"close"),
        ("content-length", b"5"),
    ];
    let mut lines: Vec<String> = tries
        .iter()
        .map(|(name, value)| format!("{name}: {:?}", fields.append(name, value)))
        .collect();
    lines.push(format!("has: {} {}", fields.has("X-RIGHT"), fields.has("x-other")));
    lines.push(format!("get: {:?}", fields.get("X-right")));
    lines.push(format!("set: {:?}", fields.set("x-right", &[b"only".to_vec()])));
    lines.push(format!("get: {:?}", fields.get("x-right")));
    lines.push(format!("delete: {:?} {:?}", fields.delete("x-right"), fields.get("x-right")));
    let copy = fields.clone();
    copy.delete("x-tab").expect("the copy can be changed");
    lines.push(format!("clone: {} {}", copy.has("x-tab"), fields.has("x-tab")));
    let list = Fields::from_list(&[("te".to_owned(), b"trailers".to_vec())]);
    lines.push(format!("list: {:?}", list.map(|_| ())));
    format!("{}\n", lines.join("\n"))
}

/// What a host says to a change of the request's own headers.
pub fn immutable(request: &IncomingRequest) -> String {
    let headers = request.headers();
    let copy = headers.clone();
    format!(
        "{:?} {:?} {:?} {:?}\n",
        headers.append("x-new", b"value"),
        headers.set("x-new", &[b"value".to_vec()]),
        headers.delete("x-new"),
        copy.append("x-new", b"value"),
    )
}

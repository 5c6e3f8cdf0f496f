//! What a host tells of a request.
use wasi::http::types::{IncomingRequest, Method, Scheme};

/// Method, scheme, authority, path and query, one a line.
pub fn describe(request: &IncomingRequest) -> String {
    let method = match request.method() {
        Method::Other(name) => format!("other {name}"),
        known => format!("{known:?}"),
    };
    let scheme = match request.scheme() {
        Some(Scheme::Other(name)) => format!("other {name}"),
        Some(known) => format!("{known:?}"),
        None => "none".to_owned(),
    };
    let authority = request.authority().unwrap_or_else(|| "none".to_owned());
    let target = request.path_with_query().unwrap_or_else(|| "none".to_owned());
    let mut names: Vec<String> = request.headers().entries().into_iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    format!("{method}\n{scheme}\n{authority}\n{target}\n{}\n", names.join(" "))
}

/// The values of a header, each in brackets, as bytes that are escaped.
pub fn values_of(request: &IncomingRequest, name: &str) -> String {
    let values = request.headers().get(name);
    let shown: Vec<String> = values.iter().map(|value| format!("[{}]", value.escape_ascii())).collect();
    format!("{}\n", shown.join(" "))
}

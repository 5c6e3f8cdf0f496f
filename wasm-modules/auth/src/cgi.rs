//! The two ends of CGI/1.1 (RFC 3875): meta-variables and standard input in, a header block and a body out.

use std::env;
use std::io::{self, Read, Write};

use serde_json::Value;

/// The request that the meta-variables describe; its body is read only when asked for.
pub struct Request {
    method: String,
    path: String,
    content_type: String,
    content_length: Option<u64>,
}

impl Request {
    /// Reads the meta-variables. A missing one is empty, which no endpoint accepts.
    pub fn from_environment() -> Self {
        let variable = |name| env::var(name).unwrap_or_default();
        Self {
            method: variable("REQUEST_METHOD"),
            path: variable("PATH_INFO"),
            content_type: variable("CONTENT_TYPE"),
            content_length: variable("CONTENT_LENGTH").parse().ok(),
        }
    }

    pub fn method(&self) -> &str {
        &self.method
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// True for `application/json` with or without parameters, in any case.
    pub fn is_json(&self) -> bool {
        let media_type = self.content_type.split(';').next().unwrap_or_default();
        media_type.trim_matches([' ', '\t']).eq_ignore_ascii_case("application/json")
    }

    /// The body, or `None` when it is longer than `limit` bytes or cannot be read.
    pub fn body(&self, limit: u64) -> Option<Vec<u8>> {
        if self.content_length.is_some_and(|length| length > limit) {
            return None;
        }
        let mut body = Vec::new();
        io::stdin().take(limit + 1).read_to_end(&mut body).ok()?;
        (body.len() as u64 <= limit).then_some(body)
    }
}

/// One answer: a status, a JSON body, who may keep it and, for 405, the methods of the resource.
pub struct Response {
    pub status: u16,
    pub allow: Option<&'static str>,
    pub cache: &'static str,
    pub body: Value,
}

impl Response {
    pub fn ok(body: Value) -> Self {
        Self { status: 200, allow: None, cache: "no-store", body }
    }

    /// Writes the CGI document response, with `Served-By` when there is a name for it; HEAD gets the same
    /// header block and no body.
    ///
    /// # Panics
    /// When standard output is closed: nobody is left to tell.
    pub fn write(&self, head: bool, served_by: Option<&str>) {
        let body = self.body.to_string();
        let mut out = format!("Status: {} {}\n", self.status, reason_phrase(self.status));
        out.push_str(&format!("Content-Type: application/json\nContent-Length: {}\n", body.len()));
        out.push_str(&format!("Cache-Control: {}\n", self.cache));
        if let Some(methods) = self.allow {
            out.push_str(&format!("Allow: {methods}\n"));
        }
        if let Some(name) = served_by {
            out.push_str(&format!("Served-By: {name}\n"));
        }
        out.push('\n');
        if !head {
            out.push_str(&body);
        }
        io::stdout().write_all(out.as_bytes()).expect("standard output is open");
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        _ => "Internal Server Error",
    }
}

//! A password and token service as one WASI command: a request comes in by CGI/1.1, one answer goes out.
//!
//! Every process answers exactly one request and keeps nothing, so an instance can be dropped at any time.

mod api;
mod cgi;
mod config;
mod ed25519;
mod fields;
mod passwords;
mod signatures;
mod tokens;

fn main() {
    let request = cgi::Request::from_environment();
    let response = match config::Config::from_environment() {
        Ok(config) => api::answer(&request, &config).unwrap_or_else(api::Refusal::into_response),
        Err(refusal) => refusal.into_response(),
    };
    response.write(request.method() == "HEAD", config::served_by().as_deref());
}

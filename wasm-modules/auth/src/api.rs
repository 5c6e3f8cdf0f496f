//! The endpoints: which path takes which method and body, and how a refusal looks.

use serde_json::{json, Value};

use crate::cgi::{Request, Response};
use crate::config::Config;
use crate::fields::{self, Object};
use crate::{passwords, tokens};

/// Longest body that is read, in bytes.
const BODY_LIMIT: u64 = 16 * 1024;
const PASSWORD_LIMIT: usize = 1024;
const SUBJECT_LIMIT: usize = 256;
const TTL_LIMIT_SECONDS: i64 = 365 * 24 * 60 * 60;

/// An answer other than 200: the part of the request that is wrong, and what is allowed.
pub struct Refusal {
    status: u16,
    allow: Option<&'static str>,
    field: String,
    message: String,
}

impl Refusal {
    fn new(status: u16, field: &str, message: &str) -> Self {
        Self { status, allow: None, field: field.into(), message: message.into() }
    }

    /// 400: a field of the body is wrong.
    pub fn bad(field: &str, message: &str) -> Self {
        Self::new(400, field, message)
    }

    /// 500: the service itself cannot work as it is set up.
    pub fn broken(field: &str, message: &str) -> Self {
        Self::new(500, field, message)
    }

    pub fn into_response(self) -> Response {
        let body = json!({ "error": { "field": self.field, "message": self.message } });
        Response { status: self.status, allow: self.allow, cache: "no-store", body }
    }
}

struct Endpoint {
    path: &'static str,
    fields: &'static [&'static str],
    run: fn(&Object, &Config) -> Result<Value, Refusal>,
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint { path: "/v1/passwords/hash", fields: &["password"], run: hash_password },
    Endpoint { path: "/v1/passwords/verify", fields: &["password", "hash"], run: verify_password },
    Endpoint { path: "/v1/tokens", fields: &["subject", "ttlSeconds", "claims"], run: issue_token },
    Endpoint { path: "/v1/tokens/verify", fields: &["token"], run: verify_token },
];

const JWKS_CACHE: &str = "public, max-age=300";

/// Answers `request`; checks go path, method, media type, length, JSON, fields, and the first that fails answers.
///
/// # Errors
/// 404, 405, 415, 413 and 400 in that order, and 500 when the host gives no random numbers or no memory.
pub fn answer(request: &Request, config: &Config) -> Result<Response, Refusal> {
    if request.path() == "/healthz" {
        allow(request, "GET, HEAD")?;
        return Ok(Response::ok(json!({ "status": "ok" })));
    }
    if request.path() == "/.well-known/jwks.json" {
        allow(request, "GET, HEAD")?;
        let keys: Vec<Value> = config.seeds.iter().map(|seed| seed.key().to_jwk()).collect();
        return Ok(Response { cache: JWKS_CACHE, ..Response::ok(json!({ "keys": keys })) });
    }
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.path == request.path());
    let endpoint = endpoint.ok_or_else(|| Refusal::new(404, "path", "is not an endpoint of this service"))?;
    allow(request, "POST")?;
    if !request.is_json() {
        return Err(Refusal::new(415, "content-type", "must be application/json"));
    }
    let body = request.body(BODY_LIMIT);
    let body = body.ok_or_else(|| Refusal::new(413, "body", &format!("must be at most {BODY_LIMIT} bytes")))?;
    let object = fields::parse(&body, endpoint.fields)?;
    (endpoint.run)(&object, config).map(Response::ok)
}

fn allow(request: &Request, methods: &'static str) -> Result<(), Refusal> {
    if methods.split(", ").any(|method| method == request.method()) {
        return Ok(());
    }
    let refusal = Refusal::new(405, "method", &format!("must be one of: {methods}"));
    Err(Refusal { allow: Some(methods), ..refusal })
}

fn hash_password(object: &Object, config: &Config) -> Result<Value, Refusal> {
    let password = fields::string(object, "password", PASSWORD_LIMIT)?;
    Ok(json!({ "hash": passwords::hash(password, config.cost)? }))
}

fn verify_password(object: &Object, _config: &Config) -> Result<Value, Refusal> {
    let password = fields::string(object, "password", PASSWORD_LIMIT)?;
    let hash = object.get("hash").and_then(Value::as_str).and_then(passwords::Hash::parse);
    let message = "must be an argon2id string (v=19, m up to 65536, m times t up to 262144, p up to 4)";
    let hash = hash.ok_or_else(|| Refusal::bad("hash", message))?;
    Ok(json!({ "valid": hash.matches(password)? }))
}

fn issue_token(object: &Object, config: &Config) -> Result<Value, Refusal> {
    let subject = fields::string(object, "subject", SUBJECT_LIMIT)?;
    let ttl = fields::positive(object, "ttlSeconds", TTL_LIMIT_SECONDS)?;
    let claims = object.get("claims").map_or_else(|| Ok(Object::new()), tokens::custom_claims)?;
    Ok(json!({ "token": tokens::issue(config, subject, ttl, claims)? }))
}

fn verify_token(object: &Object, config: &Config) -> Result<Value, Refusal> {
    let token = fields::string(object, "token", tokens::TOKEN_LIMIT)?;
    Ok(match tokens::verify(config, token) {
        Ok(claims) => json!({ "valid": true, "claims": claims }),
        Err(reason) => json!({ "valid": false, "reason": reason }),
    })
}

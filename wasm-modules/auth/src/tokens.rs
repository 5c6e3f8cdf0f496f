//! JSON Web Tokens (RFC 7519) with flat claims.

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

use crate::api::Refusal;
use crate::config::Config;
use crate::fields::{integer, Object};
use crate::signatures::TokenKey;

/// Longest token that is verified, in bytes; a token of the largest payload is shorter.
pub const TOKEN_LIMIT: usize = 8192;
const PAYLOAD_LIMIT: usize = 4096;
const CLAIM_COUNT_LIMIT: usize = 32;
const CLAIM_NAME_LIMIT: usize = 64;
/// Set by the service, or with a meaning that it does not check.
const REGISTERED: [&str; 7] = ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"];

/// The caller's own claims, in byte order of their names.
///
/// # Errors
/// 400 naming `claims`, or the first claim whose name or value is not allowed.
pub fn custom_claims(value: &Value) -> Result<Object, Refusal> {
    let object = value.as_object().filter(|object| object.len() <= CLAIM_COUNT_LIMIT);
    let message = format!("must be an object of at most {CLAIM_COUNT_LIMIT} claims");
    let object = object.ok_or_else(|| Refusal::bad("claims", &message))?;
    object.iter().map(|(name, value)| custom_claim(name, value)).collect()
}

fn custom_claim(name: &str, value: &Value) -> Result<(String, Value), Refusal> {
    let refuse = |message| Refusal::bad(&format!("claims.{name}"), message);
    if !is_claim_name(name) {
        return Err(refuse("must be named with a letter, then up to 63 letters, digits or _ . : / -"));
    }
    if REGISTERED.contains(&name) {
        return Err(refuse("is a registered claim, which callers cannot set"));
    }
    let value = claim_value(value).ok_or_else(|| refuse("must be a string, a boolean or a whole number"))?;
    Ok((name.into(), value))
}

/// The signed token for `subject`, valid for `ttl` seconds from now.
///
/// # Errors
/// 400 when the claims are too long together.
pub fn issue(config: &Config, subject: &str, ttl: i64, mut claims: Object) -> Result<String, Refusal> {
    let now = now();
    claims.insert("exp".into(), (now + ttl).into());
    claims.insert("iat".into(), now.into());
    claims.insert("iss".into(), config.issuer.clone().into());
    claims.insert("sub".into(), subject.into());
    let payload = Value::Object(claims).to_string();
    if payload.len() > PAYLOAD_LIMIT {
        let message = format!("must make a payload of at most {PAYLOAD_LIMIT} bytes");
        return Err(Refusal::bad("claims", &message));
    }
    let key = TokenKey::of_new_tokens(config);
    let signed = format!("{}.{}", encode(key.header().as_bytes()), encode(payload.as_bytes()));
    let signature = encode(&key.sign(&signed));
    Ok(format!("{signed}.{signature}"))
}

/// The claims of a token that this service would have issued and that holds now.
///
/// # Errors
/// `malformed`, `unsupported` (another algorithm, `crit`, claims that are not flat), `unknownKey`, `signature`,
/// `issuer`, `notYetValid` or `expired`. Nothing of the payload is looked at before the signature holds.
pub fn verify(config: &Config, token: &str) -> Result<Object, &'static str> {
    let (signed, signature) = token.rsplit_once('.').ok_or("malformed")?;
    let (header, payload) = signed.split_once('.').ok_or("malformed")?;
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let key = TokenKey::named_by(&object(&header)?, config)?;
    if !key.verifies(signed, &signature) {
        return Err("signature");
    }
    let claims = flat_claims(&object(&payload)?).ok_or("unsupported")?;
    let time = |name| claims.get(name).and_then(Value::as_i64);
    let expires = time("exp").ok_or("unsupported")?;
    if claims.get("iss").and_then(Value::as_str) != Some(&config.issuer) {
        return Err("issuer");
    }
    if claims.contains_key("nbf") && time("nbf").ok_or("unsupported")? > now() {
        return Err("notYetValid");
    }
    if expires <= now() { Err("expired") } else { Ok(claims) }
}

fn flat_claims(payload: &Object) -> Option<Object> {
    let flat = |(name, value): (&String, &Value)| {
        if is_claim_name(name) { Some((name.clone(), claim_value(value)?)) } else { None }
    };
    payload.iter().map(flat).collect()
}

fn is_claim_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    name.len() <= CLAIM_NAME_LIMIT && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(allowed)
}

fn claim_value(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) | Value::Bool(_) => Some(value.clone()),
        Value::Number(_) => integer(value).map(Value::from),
        _ => None,
    }
}

fn object(json: &[u8]) -> Result<Object, &'static str> {
    serde_json::from_slice(json).map_err(|_| "malformed")
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| "malformed")
}

/// Seconds since the epoch; 0 for a clock that is set before it.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64)
}

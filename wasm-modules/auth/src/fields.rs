//! Typed reading of a JSON object's fields, with the refusal a caller needs to correct the request.
//!
//! Only values that every JSON reader represents alike are taken: strings, booleans and whole numbers
//! within 2^53 - 1.

use serde_json::{Map, Value};

use crate::api::Refusal;

pub type Object = Map<String, Value>;

const LARGEST_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The object in `body`, which has no fields but `known`.
///
/// # Errors
/// 400 for invalid JSON, another JSON type, and the first unknown field in byte order.
pub fn parse(body: &[u8], known: &[&str]) -> Result<Object, Refusal> {
    match serde_json::from_slice(body) {
        Err(_) => Err(Refusal::bad("body", "must be valid JSON")),
        Ok(Value::Object(object)) => match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::bad(name, "is not a field of this request")),
            None => Ok(object),
        },
        Ok(_) => Err(Refusal::bad("body", "must be a JSON object")),
    }
}

/// The string `name` of 1 to `longest` bytes in UTF-8.
///
/// # Errors
/// 400 when it is missing, of another type, empty or longer.
pub fn string<'a>(object: &'a Object, name: &str, longest: usize) -> Result<&'a str, Refusal> {
    match object.get(name).and_then(Value::as_str) {
        Some(text) if (1..=longest).contains(&text.len()) => Ok(text),
        _ => Err(Refusal::bad(name, &format!("must be a string of 1 to {longest} bytes"))),
    }
}

/// The whole number `name` of 1 to `largest`.
///
/// # Errors
/// 400 when it is missing, of another type or out of range.
pub fn positive(object: &Object, name: &str, largest: i64) -> Result<i64, Refusal> {
    match object.get(name).and_then(integer) {
        Some(number) if (1..=largest).contains(&number) => Ok(number),
        _ => Err(Refusal::bad(name, &format!("must be a whole number from 1 to {largest}"))),
    }
}

/// The whole number that `value` is, also when it is spelled `1.0` or `1e3`; else `None`.
pub fn integer(value: &Value) -> Option<i64> {
    let number = value.as_f64()?;
    let exact = value.as_i64().unwrap_or(number as i64);
    (number.fract() == 0.0 && number.abs() <= LARGEST_INTEGER && exact.abs() <= LARGEST_INTEGER as i64).then_some(exact)
}

/// The number written in `text` as plain decimal digits with no sign and no leading zero; else `None`.
pub fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if digits && !leading_zero { text.parse().ok() } else { None }
}

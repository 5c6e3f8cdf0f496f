//! What the environment sets, read and checked once a request.

use std::env;

use crate::api::Refusal;
use crate::passwords::{Cost, DEFAULT_COST};

/// The value of the `Served-By` header: `SERVED_BY` when it is set to 1 to 64 letters, digits or `. _ -`.
pub fn served_by() -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    env::var("SERVED_BY").ok().filter(|name| (1..=64).contains(&name.len()) && name.bytes().all(allowed))
}

/// The checked settings of the service.
pub struct Config {
    pub key: Vec<u8>,
    pub issuer: String,
    pub cost: Cost,
}

impl Config {
    /// # Errors
    /// A 500 refusal that names the variable and never shows its value.
    pub fn from_environment() -> Result<Self, Refusal> {
        let key = env::var("AUTH_KEY").unwrap_or_default().into_bytes();
        if key.len() < 32 {
            return Err(Refusal::broken("AUTH_KEY", "must be set to 32 bytes or more"));
        }
        let issuer = env::var("AUTH_ISSUER").unwrap_or_else(|_| "auth".into());
        if issuer.is_empty() || issuer.len() > 256 {
            return Err(Refusal::broken("AUTH_ISSUER", "must have 1 to 256 bytes"));
        }
        if env::var_os("SERVED_BY").is_some() && served_by().is_none() {
            return Err(Refusal::broken("SERVED_BY", "must be 1 to 64 letters, digits or . _ -"));
        }
        let cost = Cost {
            memory_kib: number("AUTH_ARGON2_MEMORY_KIB", DEFAULT_COST.memory_kib)?,
            passes: number("AUTH_ARGON2_PASSES", DEFAULT_COST.passes)?,
            parallelism: DEFAULT_COST.parallelism,
        };
        if !cost.is_allowed() {
            let message = "must be 8 to 65536, and at most 262144 when multiplied by AUTH_ARGON2_PASSES";
            return Err(Refusal::broken("AUTH_ARGON2_MEMORY_KIB", message));
        }
        Ok(Self { key, issuer, cost })
    }
}

fn number(name: &'static str, default: u32) -> Result<u32, Refusal> {
    match env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => crate::fields::decimal(&text)
            .ok_or_else(|| Refusal::broken(name, "must be a whole number without leading zeros")),
    }
}

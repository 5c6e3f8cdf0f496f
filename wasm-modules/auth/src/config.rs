//! What the environment sets, read and checked once a request.

use std::env;

use crate::api::Refusal;
use crate::passwords::{Cost, DEFAULT_COST};

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

//! What the environment sets, read and checked once a request.

use std::env;

use crate::api::Refusal;
use crate::ed25519::{self, Seed};
use crate::passwords::{Cost, DEFAULT_COST};

/// The value of the `Served-By` header: `SERVED_BY` when it is set to 1 to 64 letters, digits or `. _ -`.
pub fn served_by() -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text("SERVED_BY").filter(|name| (1..=64).contains(&name.len()) && name.bytes().all(allowed))
}

/// What signs new tokens.
#[derive(Clone, Copy, PartialEq)]
pub enum Algorithm {
    Hs256,
    EdDsa,
}

/// The checked settings of the service: there is a secret for HS256 to sign with, a seed for EdDSA.
pub struct Config {
    pub algorithm: Algorithm,
    /// Checks HS256 tokens.
    pub secret: Option<Vec<u8>>,
    /// Each checks the EdDSA tokens that name its key; the first one signs.
    pub seeds: Vec<Seed>,
    pub issuer: String,
    pub cost: Cost,
}

impl Config {
    /// # Errors
    /// A 500 refusal that names the variable and never shows its value.
    pub fn from_environment() -> Result<Self, Refusal> {
        let algorithm = algorithm()?;
        let secret = secret(algorithm == Algorithm::Hs256)?;
        let seeds = seeds(algorithm == Algorithm::EdDsa)?;
        let issuer = text("AUTH_ISSUER").unwrap_or_else(|| "auth".into());
        if issuer.is_empty() || issuer.len() > 256 {
            return Err(Refusal::broken("AUTH_ISSUER", "must have 1 to 256 bytes"));
        }
        if text("SERVED_BY").is_some() && served_by().is_none() {
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
        Ok(Self { algorithm, secret, seeds, issuer, cost })
    }
}

/// The variable's value, `None` when it is not set, empty when it is no Unicode.
fn text(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.into_string().unwrap_or_default())
}

fn algorithm() -> Result<Algorithm, Refusal> {
    match text("AUTH_ALGORITHM").as_deref() {
        None | Some("HS256") => Ok(Algorithm::Hs256),
        Some("EdDSA") => Ok(Algorithm::EdDsa),
        Some(_) => Err(Refusal::broken("AUTH_ALGORITHM", "must be HS256 or EdDSA")),
    }
}

fn secret(needed: bool) -> Result<Option<Vec<u8>>, Refusal> {
    match text("AUTH_KEY") {
        None if !needed => Ok(None),
        Some(secret) if secret.len() >= 32 => Ok(Some(secret.into_bytes())),
        _ => Err(Refusal::broken("AUTH_KEY", "must be set to 32 bytes or more")),
    }
}

fn seeds(needed: bool) -> Result<Vec<Seed>, Refusal> {
    let message = "must be 1 to 4 Ed25519 private keys, each in PKCS #8 PEM";
    match text("AUTH_ED25519_KEYS") {
        None if !needed => Ok(Vec::new()),
        pem => ed25519::parse(&pem.unwrap_or_default())
            .ok_or_else(|| Refusal::broken("AUTH_ED25519_KEYS", message)),
    }
}

fn number(name: &'static str, default: u32) -> Result<u32, Refusal> {
    match text(name) {
        None => Ok(default),
        Some(text) => crate::fields::decimal(&text)
            .ok_or_else(|| Refusal::broken(name, "must be a whole number without leading zeros")),
    }
}

//! What signs a token and checks it (RFC 7515): HS256 under the secret, EdDSA under Ed25519 keys.
//!
//! Each algorithm has keys of its own kind, so no header can have a public key taken for a secret.

use hmac::{Hmac, Mac};
use serde_json::{json, Value};
use sha2::Sha256;

use crate::config::{Algorithm, Config};
use crate::ed25519;
use crate::fields::Object;

/// The one key that a token is signed with.
pub enum TokenKey<'a> {
    Secret(&'a [u8]),
    Ed25519(ed25519::Key),
}

impl<'a> TokenKey<'a> {
    /// The key of new tokens.
    pub fn of_new_tokens(config: &'a Config) -> Self {
        match &config.secret {
            Some(secret) if config.algorithm == Algorithm::Hs256 => Self::Secret(secret),
            _ => Self::Ed25519(config.seeds[0].key()),
        }
    }

    /// The key that a token's header calls for.
    ///
    /// # Errors
    /// `unsupported` for an algorithm without keys here and for critical extensions, `unknownKey` for an EdDSA
    /// token that names none of the keys.
    pub fn named_by(header: &Object, config: &'a Config) -> Result<Self, &'static str> {
        let text = |name| header.get(name).and_then(Value::as_str);
        if header.contains_key("crit") {
            return Err("unsupported");
        }
        match (text("alg"), &config.secret) {
            (Some("HS256"), Some(secret)) => Ok(Self::Secret(secret)),
            (Some("EdDSA"), _) if !config.seeds.is_empty() => {
                let id = text("kid").ok_or("unknownKey")?;
                let key = config.seeds.iter().map(ed25519::Seed::key).find(|key| key.id() == id);
                key.map(Self::Ed25519).ok_or("unknownKey")
            }
            _ => Err("unsupported"),
        }
    }

    /// The header of the tokens that this key signs.
    pub fn header(&self) -> String {
        match self {
            Self::Secret(_) => json!({ "alg": "HS256", "typ": "JWT" }),
            Self::Ed25519(key) => json!({ "alg": "EdDSA", "kid": key.id(), "typ": "JWT" }),
        }
        .to_string()
    }

    pub fn sign(&self, signed: &str) -> Vec<u8> {
        match self {
            Self::Secret(secret) => mac(secret, signed).finalize().into_bytes().to_vec(),
            Self::Ed25519(key) => key.sign(signed.as_bytes()).to_vec(),
        }
    }

    /// True when `signature` is this key's for `signed`; a secret's is compared in constant time.
    pub fn verifies(&self, signed: &str, signature: &[u8]) -> bool {
        match self {
            Self::Secret(secret) => mac(secret, signed).verify_slice(signature).is_ok(),
            Self::Ed25519(key) => key.verifies(signed.as_bytes(), signature),
        }
    }
}

fn mac(secret: &[u8], signed: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length").chain_update(signed)
}

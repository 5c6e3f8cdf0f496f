//! Ed25519 keys (RFC 8032): read from PKCS #8 PEM, named by their JWK thumbprint, and what they sign.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// What RFC 8410 puts in front of the 32 bytes of a private key: version 0, the algorithm, two octet strings.
const PKCS8_PREFIX: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const KEY_COUNT_LIMIT: usize = 4;

/// A private key as it was configured.
pub struct Seed([u8; 32]);

/// A private key with its public half.
pub struct Key(SigningKey);

impl Seed {
    /// Costs a curve multiplication, so it is called for the keys that a request needs.
    pub fn key(&self) -> Key {
        Key(SigningKey::from_bytes(&self.0))
    }
}

/// The keys in `pem`: 1 to 4 blocks as `openssl genpkey -algorithm ed25519` prints them, and nothing but white
/// space around them; else `None`.
pub fn parse(pem: &str) -> Option<Vec<Seed>> {
    let (blocks, rest) = pem.rsplit_once(END)?;
    let seeds: Vec<Seed> = blocks.split(END).map(seed).collect::<Option<_>>()?;
    (rest.trim_ascii().is_empty() && seeds.len() <= KEY_COUNT_LIMIT).then_some(seeds)
}

fn seed(block: &str) -> Option<Seed> {
    let base64: String = block.trim_ascii_start().strip_prefix(BEGIN)?.split_ascii_whitespace().collect();
    let der = Base64Unpadded::decode_vec(&base64).ok()?;
    der.strip_prefix(&PKCS8_PREFIX)?.try_into().ok().map(Seed)
}

impl Key {
    /// The public half, in base64url.
    fn x(&self) -> String {
        Base64UrlUnpadded::encode_string(self.0.verifying_key().as_bytes())
    }

    /// The thumbprint of the public key as a JWK (RFC 7638): the `kid` of tokens.
    pub fn id(&self) -> String {
        let required = json!({ "crv": "Ed25519", "kty": "OKP", "x": self.x() });
        Base64UrlUnpadded::encode_string(&Sha256::digest(required.to_string()))
    }

    /// The public key as a JWK (RFC 8037).
    pub fn to_jwk(&self) -> Value {
        json!({ "alg": "EdDSA", "crv": "Ed25519", "kid": self.id(), "kty": "OKP", "use": "sig", "x": self.x() })
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// True when `signature` is this key's for `message`. As OpenSSL does it: the equation without the cofactor
    /// (`SB = R + kA`, compared as bytes), `S` has one spelling, and `R` is none of the points of small order.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

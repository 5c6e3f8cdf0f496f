//! argon2id (RFC 9106) password hashes in PHC string format.

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use subtle::ConstantTimeEq;

use crate::api::Refusal;
use crate::fields::decimal;

/// What one hash costs: memory in KiB, passes over it, lanes.
#[derive(Clone, Copy)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub parallelism: u32,
}

/// OWASP's recommendation with the least memory, since an edge isolate has little.
pub const DEFAULT_COST: Cost = Cost { memory_kib: 7168, passes: 5, parallelism: 1 };

const LARGEST_MEMORY_KIB: u32 = 65_536;
/// Bounds the time one request can take: memory times passes, about seven times the default.
const LARGEST_WORK: u64 = 262_144;
const LARGEST_PARALLELISM: u32 = 4;
const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 32;

impl Cost {
    /// True when argon2 defines this cost and one request may spend it.
    pub fn is_allowed(self) -> bool {
        let work = u64::from(self.memory_kib) * u64::from(self.passes);
        (1..=LARGEST_PARALLELISM).contains(&self.parallelism)
            && (8 * self.parallelism..=LARGEST_MEMORY_KIB).contains(&self.memory_kib)
            && (1..=LARGEST_WORK).contains(&work)
    }
}

/// The PHC string of `password` under a new random salt.
///
/// # Errors
/// 500 when the host has no random numbers or no memory to give.
pub fn hash(password: &str, cost: Cost) -> Result<String, Refusal> {
    let mut salt = [0; SALT_BYTES];
    getrandom::getrandom(&mut salt).map_err(|_| Refusal::broken("random", "is not available"))?;
    let tag = derive(password, &salt, cost, TAG_BYTES)?;
    let Cost { memory_kib, passes, parallelism } = cost;
    let (salt, tag) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&tag));
    Ok(format!("$argon2id$v=19$m={memory_kib},t={passes},p={parallelism}${salt}${tag}"))
}

/// A parsed PHC string whose cost is allowed.
pub struct Hash {
    cost: Cost,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl Hash {
    /// `None` for anything but `$argon2id$v=19$m=…,t=…,p=…$salt$tag` with an allowed cost, a salt of 8 to 64
    /// bytes and a tag of 16 to 64 bytes, both in unpadded base64.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$m=")?.split('$');
        let mut costs = parts.next()?.split(',');
        let cost = Cost {
            memory_kib: decimal(costs.next()?)?,
            passes: decimal(costs.next()?.strip_prefix("t=")?)?,
            parallelism: decimal(costs.next()?.strip_prefix("p=")?)?,
        };
        let salt = Base64Unpadded::decode_vec(parts.next()?).ok()?;
        let tag = Base64Unpadded::decode_vec(parts.next()?).ok()?;
        let complete = costs.next().is_none() && parts.next().is_none();
        let sizes = (8..=64).contains(&salt.len()) && (16..=64).contains(&tag.len());
        (complete && sizes && cost.is_allowed()).then_some(Self { cost, salt, tag })
    }

    /// True when `password` is the one that was hashed; the comparison takes constant time.
    ///
    /// # Errors
    /// 500 when the host has no memory to give.
    pub fn matches(&self, password: &str) -> Result<bool, Refusal> {
        let tag = derive(password, &self.salt, self.cost, self.tag.len())?;
        Ok(tag.ct_eq(&self.tag).into())
    }
}

fn derive(password: &str, salt: &[u8], cost: Cost, length: usize) -> Result<Vec<u8>, Refusal> {
    let failed = |_| Refusal::broken("argon2", "failed");
    let params = Params::new(cost.memory_kib, cost.passes, cost.parallelism, Some(length)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut tag = vec![0; length];
    argon2.hash_password_into(password.as_bytes(), salt, &mut tag).map_err(failed)?;
    Ok(tag)
}

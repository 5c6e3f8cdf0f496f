//! Time, chance, the environment, files and the log.
use crate::answer;
use wasi::clocks::{monotonic_clock, wall_clock};
use wasi::http::types::ResponseOutparam;
use wasi::random::random;

pub fn pause(ms: u64) {
    monotonic_clock::subscribe_duration(ms * 1_000_000).block();
}

/// Answers after a while, with how long that was in tenths of the time that was asked for, at least.
pub fn sleep(out: ResponseOutparam, ms: u64) {
    let start = monotonic_clock::now();
    pause(ms);
    let slept = monotonic_clock::now() - start;
    let enough = slept >= ms * 1_000_000;
    answer::text(out, &format!("slept enough: {enough}\n"));
}

/// Which of two waits a host tells first.
pub fn poll() -> String {
    let long = monotonic_clock::subscribe_duration(60_000_000_000);
    let short = monotonic_clock::subscribe_duration(5_000_000);
    let past = monotonic_clock::subscribe_instant(0);
    let first = wasi::io::poll::poll(&[&long, &short]);
    let second = wasi::io::poll::poll(&[&long, &past]);
    format!("{first:?} {second:?} {} {}\n", long.ready(), past.ready())
}

pub fn clock() -> String {
    let wall = wall_clock::now();
    let before = monotonic_clock::now();
    let mut after = monotonic_clock::now();
    // A clock that stands still while a module runs would let this loop for ever.
    while after <= before {
        after = monotonic_clock::now();
    }
    format!("after 2025: {} {}\n", wall.seconds > 1_735_689_600, wall.nanoseconds < 1_000_000_000)
}

pub fn random() -> String {
    let bytes = random::get_random_bytes(100_000);
    let tail = bytes[90_000..].iter().any(|byte| *byte != 0);
    format!("{} {tail} {}\n", bytes.len(), random::get_random_u64() != random::get_random_u64())
}

pub fn env(name: &str) -> String {
    let args = std::env::args().count();
    format!("{} {args}\n", std::env::var(name).unwrap_or_else(|_| "none".to_owned()))
}

pub fn files() -> String {
    let read = std::fs::read("/etc/passwd").is_err();
    let write = std::fs::write("/tmp/x", b"x").is_err();
    format!("refused: {read} {write}\n")
}

/// Two lines to standard output and error, the last without an end.
pub fn print(out: ResponseOutparam) {
    println!("mirror says one\nmirror says two");
    eprint!("mirror warns");
    answer::text(out, "printed\n");
}

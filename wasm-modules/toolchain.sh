#!/bin/bash
# Sets up cargo, rustc and clang with their Wasm libraries, from one signed Debian release, in the user's
# cache, and prints the folder. Source of the packages: the Debian archive that this machine's apt uses.
# Root is needed only when an apt package is missing. A second run finds the folder and prints it at once.
#
# Caveat: x86-64 Linux with Debian's archive among apt's sources; anything else ends with one sentence.
set -euo pipefail

suite=trixie
packages=rustc,cargo,libstd-rust-dev-wasm32,clang,wasi-libc,libclang-rt-dev-wasm32,lld
arch=x86_64-linux-gnu
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  echo "toolchain: $1" >&2
  exit 1
}

# Host packages: cc links the build scripts of crates, the certificates are for cargo's downloads.
install_host_packages() {
  local missing=()
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  [ -e "$keyring" ] || missing+=(debian-archive-keyring)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "needs ${missing[*]}; install them or run once as root"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >&2
}

# apt itself reads its sources here (one-line and deb822 files, options, disabled entries), so this needs
# no parser. Third-party archives may use Debian's codename too: each is tried, and the keyring decides.
debian_mirrors() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get update --print-uris | sed -n "s#^'\(.*\)/dists/$codename/InRelease' .*#\1#p"
}

unpack() {
  local root=$1 options=$2 mirror
  # How this machine fetches (proxy, retries, date checks) holds for the unpacked release as well.
  apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-)' >"$options" || true
  for mirror in $(debian_mirrors); do
    rm -rf "$root"
    if mmdebstrap --quiet --variant=extract --keyring="$keyring" --aptopt="$options" --include="$packages" \
      "$suite" "$root" "$mirror" >&2; then
      return
    fi
  done
  fail "no archive in apt's sources gave a signed Debian $suite"
}

# The unpacked programs need a newer libc than the host's may be: each runs through its own loader.
wrap() {
  local prefix=$1 name=$2 arguments=${3:-}
  cat >"$prefix/bin/$name" <<WRAPPER
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")/../root/usr
IFS='
'
exec "\$here/lib/$arch/ld-linux-x86-64.so.2" --argv0 "\$0" --library-path "\$here/lib/$arch" "\$here/bin/$name" $arguments "\$@"
WRAPPER
  chmod +x "$prefix/bin/$name"
}

# Global, for the clean-up on exit.
work=

main() {
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "builds on x86-64 Linux only; the committed .wasm files need no build"
  command -v apt-get >/dev/null || fail "needs Debian's apt; the committed .wasm files need no build"
  local cache=${EBB_CACHE_DIR:-$HOME/.cache/ebb} prefix
  prefix=$cache/wasm-toolchain-$(sha256sum "$0" | cut -c1-12)
  if [ ! -e "$prefix/bin/rustc" ]; then
    install_host_packages
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/wasm-toolchain.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "toolchain: unpacking Rust and clang from Debian $suite (about 40 s)" >&2
    unpack "$work/root" "$work/apt.conf"
    rm -rf "$work"/root/usr/share/{doc,man,locale,info} "$work"/root/var/{cache,lib}/apt
    mkdir "$work/bin"
    wrap "$work" cargo
    wrap "$work" wasm-ld
    # Starts itself again, by the name that it was started with.
    wrap "$work" clang
    # Path remaps, one a line, come in here and not by RUSTFLAGS: cargo would hash them into every symbol's name.
    wrap "$work" rustc '--sysroot "$here" $EBB_RUSTC_REMAP'
    chmod 755 "$work"
    # Loses to a run that finished first, whose result is the same.
    mv -T "$work" "$prefix" 2>/dev/null || [ -e "$prefix/bin/rustc" ]
  fi
  echo "$prefix"
}

main

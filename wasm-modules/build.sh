#!/bin/bash
# Builds every .wasm that is committed here from source and writes checksums.txt.
#
#   build.sh           writes <module>/<module>.wasm and checksums.txt
#   build.sh --check   builds in a temporary folder, exits 1 when a committed file differs
#
# The result is the same bytes from any folder, cargo home or machine: one compiler set (toolchain.sh),
# locked crates, one code generation unit, and no path of this machine in the output.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
commands=(auth)
# Their core modules become components of WASI 0.2.
components=(hello-wstd http-mirror)
# C, a command as well.
programs=(echo-c)
modules=("${commands[@]}" "${components[@]}" "${programs[@]}")
target=wasm32-wasip1

mode=${1:-write}
case $mode in
  write | --check) ;;
  *)
    echo "usage: build.sh [--check]" >&2
    exit 2
    ;;
esac

toolchain=$(bash "$here/toolchain.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Compiler settings of the caller would change the output; where crates come from stays the caller's choice.
unset "${!RUSTC@}" "${!CARGO_BUILD_@}" "${!CARGO_PROFILE_@}" "${!CARGO_TARGET_@}" RUSTFLAGS CARGO_INCREMENTAL
export PATH="$toolchain/bin:$PATH" RUSTC="$toolchain/bin/rustc" CARGO_ENCODED_RUSTFLAGS=""
export CARGO_TARGET_WASM32_WASIP1_LINKER=wasm-ld

# Every folder of crate sources, whatever registry they came from, and the module itself get fixed names.
# The rustc of toolchain.sh reads this variable, one option a line.
remap_paths() {
  local module=$1 manifest_path
  EBB_RUSTC_REMAP="--remap-path-prefix=$here/$module=/$module"
  while IFS= read -r manifest_path; do
    EBB_RUSTC_REMAP+=$'\n'"--remap-path-prefix=$(dirname "$(dirname "$manifest_path")")=/crates"
  done < <(cd "$here/$module" && cargo metadata --locked --format-version 1 --filter-platform "$target" |
    grep -o '"manifest_path":"[^"]*"' | cut -d'"' -f4 | grep -v "^$here/" | sort -u)
  export EBB_RUSTC_REMAP
}

build() {
  local module=$1 out=$2
  remap_paths "$module"
  (cd "$here/$module" && cargo build --quiet --release --locked --target "$target" --target-dir "$work/target")
  mkdir -p "$out/$module"
}

built() {
  echo "$work/target/$target/release/${1//-/_}.wasm"
}

# Debian's Rust has no wasm-component-ld, which does the same: the adapter is that of the module's Cargo.lock.
make_component() {
  local module=$1 out=$2 provider
  provider=$(cd "$here/$module" && cargo metadata --locked --format-version 1 |
    grep -o '"manifest_path":"[^"]*/wasi-preview1-component-adapter-provider-[^"]*"' | cut -d'"' -f4)
  node "$here/make-component.mjs" "$(built "$module")" \
    "$(dirname "$provider")/artefacts/wasi_snapshot_preview1.reactor.wasm" "$out/$module/$module.wasm"
}

# Compiled and linked apart: clang would run a wasm-opt that happens to be on PATH after the link.
build_c() {
  local module=$1 out=$2 root=$toolchain/root/usr resources
  resources=$(echo "$root"/lib/llvm-*/lib/clang/*)
  mkdir -p "$out/$module"
  (cd "$here/$module" && clang --target=wasm32-wasi --sysroot="$root" -resource-dir="$resources" -Os -Wall -Werror \
    -c -o "$work/$module.o" "${module%-c}.c")
  wasm-ld --strip-debug -o "$out/$module/$module.wasm" "$root/lib/wasm32-wasi/crt1-command.o" "$work/$module.o" \
    -L "$root/lib/wasm32-wasi" -lc "$resources/lib/wasi/libclang_rt.builtins-wasm32.a"
  chmod 644 "$out/$module/$module.wasm"
}

out=$work/out
for module in "${commands[@]}"; do
  build "$module" "$out"
  install -m 644 "$(built "$module")" "$out/$module/$module.wasm"
done
for module in "${components[@]}"; do
  build "$module" "$out"
  make_component "$module" "$out"
done
for module in "${programs[@]}"; do
  build_c "$module" "$out"
done
{
  for compiler in rustc clang; do "$toolchain/bin/$compiler" --version | sed -n '1s/^/# /p'; done
  (cd "$out" && sha256sum -- */*.wasm)
} >"$out/checksums.txt"

if [ "$mode" = --check ]; then
  failed=0
  for file in checksums.txt "${modules[@]/%/.wasm}"; do
    [ "$file" = checksums.txt ] || file=${file%.wasm}/$file
    cmp "$out/$file" "$here/$file" >&2 || failed=1
  done
  [ $failed = 0 ] && echo "wasm-modules: the committed files are what the sources build"
  exit $failed
fi
cp -r "$out/." "$here/"
cat "$here/checksums.txt"

#!/bin/sh
# Writes the hashed locks again, with the uv given. One lock serves x86-64 and aarch64; no registry address is recorded.
set -eu
uv=${1:-uv}
cd "$(dirname "$0")/.."

lock() {
    name=$1
    extras=$2
    set --
    for extra in $extras build; do set -- "$@" --extra "$extra"; done
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --no-header --only-binary :all: "$@" pyproject.toml --output-file "requirements/$name.txt"
}

lock edge "edge pi"                      # a device
lock city "gateway cloud postgresql"     # the server
lock demo demo                           # make demo
lock test test                           # make test, make check

#!/bin/sh
# Writes the hashed locks again. One lock serves x86-64 and aarch64; no registry address is recorded.
set -eu
uv=${1:-uv}
cd "$(dirname "$0")/.."
for extra in demo test; do
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --no-header --only-binary :all: --extra "$extra" --extra build \
        pyproject.toml --output-file "requirements/$extra.txt"
done

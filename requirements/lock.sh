# Renews the lock files from pyproject.toml, with a hash for every package and without the address of any index.
set -eu
cd "$(dirname "$0")/.."
export CUSTOM_COMPILE_COMMAND="make lock"

lock() {
    output=requirements/$1.txt
    shift
    "${BIN:-.venv/bin}/pip-compile" --quiet --strip-extras --generate-hashes --allow-unsafe --no-header \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file "$output" "$@" pyproject.toml
}

lock runtime
lock postgresql --extra postgresql --constraint requirements/runtime.txt
lock development --extra development --constraint requirements/runtime.txt

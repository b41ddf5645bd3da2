# Renews the lock files from pyproject.toml: for every Python from the lowest that it names, on every platform, with a
# hash for every package and without the address of any index. What the lock files hold stays; UPGRADE=1 renews that.
set -eu
cd "$(dirname "$0")/.."

lock() {
    output=requirements/$1.txt
    shift
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} --output-file "$output" "$@" pyproject.toml
}

lock runtime
lock postgresql --extra postgresql --constraint requirements/runtime.txt
lock development --extra development --constraint requirements/runtime.txt
lock bench --extra bench --constraint requirements/development.txt
lock trials --extra trials --constraint requirements/development.txt
lock audit --extra audit --constraint requirements/runtime.txt

# `make check`: each line is one kind of promise about the code. Stops at the first that does not hold.
set -eu
bin=$(dirname "$PYTHON")
export DJANGO_SETTINGS_MODULE=tokens_project.settings PYTHONPATH=.:clients/python DATA_DIR="${DATA_DIR:-$(mktemp -d)}"

echo "formatting and lint"
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
# request.headers copies every header of the request; the machine endpoints read the one they need from META.
git ls-files "*.py" | xargs "$bin/django-upgrade" --target-version 5.2 --skip request_headers
git ls-files 'templates/*.html' | xargs -r "$bin/djade" --check --target-version 5.2
if git ls-files 'templates/*.html' | grep -q .; then "$bin/djlint" --lint --quiet templates; fi
git ls-files 'templates/*.html' | xargs awk \
    'length > 160 { print FILENAME ":" FNR ": longer than 160 characters"; long = 1 } END { exit long }'
"$PYTHON" -m tests.static_files --check
echo "catalogues"
"$PYTHON" -m tests.catalogues --check
echo "unused names"
"$PYTHON" -m tests.unused
# It takes as long as all tests are collected in twice; where their names differ, none of them would run.
if [ "${CI:-}" = true ]; then
    echo "names of tests"
    "$PYTHON" -m tests.names
fi
echo "types"
"$bin/mypy"
echo "layers"
"$bin/lint-imports" --no-logo >/dev/null || "$bin/lint-imports"
echo "migrations"
"$PYTHON" manage.py migrate --verbosity 0
"$PYTHON" manage.py makemigrations --check --dry-run --verbosity 0
echo "deployment"
BASE_URL=https://tokens.example.com TRUSTED_PROXY_COUNT=1 \
    SECRET_KEY=$("$PYTHON" -c "import secrets; print(secrets.token_urlsafe(64))") \
    TOKEN_HASH_KEYS=$("$PYTHON" -c "import secrets; print(secrets.token_urlsafe(64))") \
    "$PYTHON" manage.py check --deploy --fail-level WARNING

#!/bin/sh
# Keeps an instance as a file says, from a pipeline.
#
#     configuration.sh plan     prints, as Markdown, what applying the file would change
#     configuration.sh apply    changes it, and prints what was changed
#     configuration.sh drift    as plan; exit status 3 where the instance differs from the file
#
# Reads from the environment:
#     REFERENCE_TOKENS_URL      https://tokens.example.com
#     REFERENCE_TOKENS_TOKEN    for reference-tokens/api: instance:read to plan, instance:write to apply
#     FILE                      tokens.yaml, if it is not set
#     OPTIONS                   more of the call, as prune=true&existing_tokens=shorten
#     STORE_SECRETS             a command that keeps the JSON on its standard input: the secrets of new Resource Servers
#                               and webhooks, told this once. Without it a file that adds some is not applied.
#
# Needs curl 7.76 or later and python3. Exit status 1: standard error says why, and nothing was done.
set -eu
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
answer=$folder/answer

# The token stands in no argument, where others on the machine could read it.
post() {
    printf 'Authorization: Bearer %s' "$REFERENCE_TOKENS_TOKEN" |
        curl --silent --show-error --fail-with-body --max-time 60 --header @- \
            --header 'Content-Type: application/yaml' --data-binary "@${FILE:-tokens.yaml}" --output "$answer" \
            "$REFERENCE_TOKENS_URL/api/v1/configuration?dry_run=$1&${OPTIONS:-prune=false}" ||
        { test ! -e "$answer" || cat "$answer" >&2; exit 1; }
}

# What Python says of the answer.
answered() {
    python3 -c "import json, sys; answer = json.load(open(sys.argv[1])); $1" "$answer"
}

case ${1:-} in
plan)
    post true
    answered 'print(answer["markdown"])'
    ;;
apply)
    if [ -z "${STORE_SECRETS:-}" ]; then
        post true
        answered 'sys.exit("Set STORE_SECRETS: the file adds secrets." if answer["secrets"] else 0)'
    fi
    post false
    answered 'print(answer["markdown"])'
    if [ -n "${STORE_SECRETS:-}" ]; then
        answered 'answer["secrets"] and json.dump(answer["secrets"], sys.stdout)' >"$folder/secrets"
        test ! -s "$folder/secrets" || sh -c "$STORE_SECRETS" <"$folder/secrets"
    fi
    ;;
drift)
    post true
    answered 'print(answer["markdown"]); sys.exit(3 if answer["changes"] else 0)'
    ;;
*)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

#!/bin/sh
# Puts a new token in the place of the one that a file holds; the old one works on for a day.
#
#     rotate-token.sh https://tokens.example.com /etc/report/token
#
# Needs curl 7.76 or later. Exit status 0: the file holds the new token. Else it holds the old one, and standard error
# says why; what the service had answered by then stands beside it.
set -eu
umask 077
service=$1 file=$2
answer=$file.answer

# The token stands in no argument, where others on the machine could read it. The new one is told this once: the answer
# goes to the disk that the file is on.
printf 'Authorization: Bearer %s' "$(cat "$file")" |
    curl --silent --show-error --fail-with-body --header @- --data overlap_seconds=86400 \
        --output "$answer" "$service/api/token/rotate" || { cat "$answer" >&2; exit 1; }
sed -n 's/.*"token": "\(enrt_[0-9A-F]*\)".*/\1/p' "$answer" >"$file.new"
test -s "$file.new"
sync
# Whoever reads the file meanwhile reads one token or the other, whole.
mv "$file.new" "$file"
rm "$answer"

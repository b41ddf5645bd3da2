# Ask whether a token is good. Neither the token nor the secret stands in an argument, where others could read it.
printf %s "$TOKEN" | curl --config ~/.reference-tokens.curl --data-urlencode token@- \
    https://tokens.example.com/oauth/introspect

# ~/.reference-tokens.curl, mode 0600:
#   user = "rs_0123456789abcdef0123:enrs_…"

# Ask whether a token is good. The secret is read from a file that only you can read, never from the command line.
curl --netrc-file ~/.reference-tokens-netrc --data-urlencode "token=$TOKEN" \
    https://tokens.example.com/oauth/introspect

# ~/.reference-tokens-netrc, mode 0600:
#   machine tokens.example.com login rs_0123456789abcdef0123 password enrs_…

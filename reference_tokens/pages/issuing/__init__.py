"""The form that issues a token: what it offers, what fills it in, and the value shown once."""

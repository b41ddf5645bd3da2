"""Checks a token on a page, without using it, and says in words why it is refused."""

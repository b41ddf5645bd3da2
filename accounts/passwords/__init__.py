"""Passwords: how they are hashed, which are refused, how one is set.

People, mailed links and sign-in import it.
"""

"""Single sign-on: the OpenID Connect provider, and whom its identities stand for.

Sign-in and both sites import it; it holds no pages.
"""

"""Second factors: authenticator apps, passkeys and recovery codes.

Sign-in and both sites import it; it holds no pages.
"""

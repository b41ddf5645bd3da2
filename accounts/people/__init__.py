"""Users and groups: creating, changing, deactivating and deleting them, and what lets them in.

Sign-in, mailed links and both sites import it; it holds no pages.
"""

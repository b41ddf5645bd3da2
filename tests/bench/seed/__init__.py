"""Realistic content for a migrated database, in bulk: `python -m tests.bench.seed TOKENS FOLDER`.

The same seed gives the same content. The values of valid tokens are written beside the database, for those who ask.
"""

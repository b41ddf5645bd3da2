"""Copying all that an instance stores to another database, or to a file: rows in one form, whatever the database.

`tables` are the models, `rows` reads and writes them, `digests` compares them, `filling` prepares a new database for
them, `sources` holds the one they come from still, and `moving` does the whole move.
"""

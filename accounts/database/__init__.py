"""The behaviour of pages and commands while the database is slow, locked or away.

Everything may import it; it imports nothing of ours.
"""

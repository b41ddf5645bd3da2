"""The value of a token: its form, its digest and the key ring. Pure: no database.

Everything may import it; it imports nothing of reference_tokens.
"""

"""Asks about many tokens, chosen or found by filters, and acts on them (MANY-1)."""

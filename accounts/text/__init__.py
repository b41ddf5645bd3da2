"""Text that people type: the rule for it, comparing it, reading what it says, and the secrets that must not be in it.

Everything may import it; it imports nothing of ours.
"""

"""Text that people type: the rule for it, comparing it, and the secrets that must not be in it.

Everything may import it; it imports nothing of ours.
"""

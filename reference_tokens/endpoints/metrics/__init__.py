"""`/metrics` (contract 4.8): what all processes counted, what waits, how many tokens there are, and the server itself.

Only the addresses for machines import it.
"""

"""How tokens are used: noted in memory, stored in batches, shown as counts and charts.

Validation notes here; lists and pages read.
"""

"""Lists of tokens: filters, order, search, rows and export.

Pages of both sites import it; it changes nothing.
"""

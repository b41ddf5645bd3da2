"""Tokens that were seen where others can read them: who finds one reports it, and it ends at once (contract 4.7).

The endpoints hand reports over; the tokens, their owners and the administrators are looked after here.
"""

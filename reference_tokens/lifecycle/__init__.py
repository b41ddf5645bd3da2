"""What happens to a token: issuance, rotation, suspension, revocation; and to the callers' secrets.

Pages, endpoints and commands import it; it knows models, values and notices.
"""

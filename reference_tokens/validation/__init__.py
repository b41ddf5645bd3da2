"""The one decision whether a token is active, and who may ask for it.

Endpoints and the profile's own machine address import it; it knows values, models and usage.
"""

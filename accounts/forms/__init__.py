"""What forms share: choosing from many, the version a form was opened with, input that survives a sign-in.

Pages of every layer import it.
"""

"""Code that forms share: choosing from many, the version a form was opened with, resuming a form after a sign-in.

Pages of every layer import it.
"""

"""Every token of the instance: inventory, details, and what an administrator does to them.

Pages that show a list of tokens import its lists.
"""

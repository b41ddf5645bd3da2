"""What a change of an application means for its tokens, and doing it (POL-6).

The Instance Manager and commands import it.
"""

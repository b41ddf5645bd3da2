"""What the dialogs and pages about tokens in both sites share.

The two sites import it; endpoints and commands do not.
"""

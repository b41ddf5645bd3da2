"""What every page of the sites shares: how a view answers, the frame around it, and the pages of errors.

Both sites and the pages they share import it; nothing else of accounts does, but for the addresses of the theme and
the language.
"""

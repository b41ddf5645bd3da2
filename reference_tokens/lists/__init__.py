"""Lists of tokens: a section of a page, its rows and its export.

Pages of both sites import it; it changes nothing. Which tokens a list shows is in `finding`, the form of its filters in
`filtering`, and its columns and cells in `table`.
"""

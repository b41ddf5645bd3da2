"""The table of a list: its columns, its cells and the bar that acts on many of its rows."""

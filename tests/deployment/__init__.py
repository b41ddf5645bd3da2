"""The files of deploy/, loaded by the programs that they are for."""

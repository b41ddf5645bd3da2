"""Home: what there is, what is to do, how many validations there are, and the condition of the instance.

Only the addresses of the Instance Manager import it.
"""

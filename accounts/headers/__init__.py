"""Headers of a request, of a page's or a machine's: what proxies wrote into them, and the id of the request.

Everything may import it; it imports nothing of ours but what is at hand. Validations run it.
"""

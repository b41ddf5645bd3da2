"""What can be managed: a room for each kind of thing, or one module where that holds it.

In a room `calls` holds the calls on the things, `members` what stands in requests and answers; the other modules are
named for their calls.
"""

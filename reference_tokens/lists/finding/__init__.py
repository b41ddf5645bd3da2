"""Which tokens a list shows, in which order, and the shortest way of the database to a page of them."""

"""The filters of a list as its page has them: their form, and a chip for each that is set."""

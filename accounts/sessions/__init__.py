"""Sessions and devices: where they are kept, on which a person is signed in, and the record of it.

People, passwords and sign-in import it; it knows HTTP and the audit log.
"""

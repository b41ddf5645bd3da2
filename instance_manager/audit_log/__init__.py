"""The audit log for administrators: searched, read, exported, and its last entries on other pages.

What is asked of the table stands in `accounts.audit.queries`.
"""

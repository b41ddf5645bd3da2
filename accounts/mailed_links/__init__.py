"""Links in mails that work once: invitations, password resets, changes of the e-mail address.

Sign-in and both sites import it; it holds no pages.
"""

"""Who is at the console: passwords, one-time codes, sessions, set-up addresses, invitations.

What a signed-in person may do is `scheduler.access`'s. Everything here keeps real time (AUTH_CLOCK): the demo moves the
domain's clock by days, and a session or code must not follow. Invariants: no password, code, session id or set-up token
is stored in clear or written to a log, and no session is open without a second factor.
"""

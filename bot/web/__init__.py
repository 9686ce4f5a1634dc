"""What every page shares, whoever reads it: templates, assets, headers, forms, errors, the access log.

Nothing here knows a client, an appointment or a message. Invariant: a response leaves with the headers of
`headers.py`, whichever handler, error or library made it.
"""

"""A local carrier that speaks Twilio's REST API and webhooks, for demos, tests and measurements.

What lives here: a process of its own, with faults on request, a ledger of all it accepted, and a page of phones. It
imports nothing of ours but the Clock, and nothing else of ours imports it, so that it can only be talked to the way
Twilio is: over HTTP. Invariant: the ledger is the truth about what was accepted, whatever the caller was told.
"""

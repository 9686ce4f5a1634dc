"""A practice's waitlist over a year under a fake clock: the real actions, invented people with a documented behaviour."""

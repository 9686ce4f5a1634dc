"""A practice's waitlist over a year under a fake clock: real actions, invented people of a documented behaviour."""

"""Filling holes: entries, matching, openings, offers and claims. Imports messages and scheduler."""

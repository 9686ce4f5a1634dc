"""The ways out: one module per carrier. They see an address and final words, never a record."""

"""The demo: an invented practice, a clock that can be moved, and a door without a password. Never on a real record."""

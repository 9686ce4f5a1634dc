"""Silence is noticed: workers say that they live, a watch looks whether they do, and tells people by a second path."""

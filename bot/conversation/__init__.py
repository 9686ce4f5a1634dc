"""Answering texts: who wrote, what was asked of them, what they mean, what is done about it, and what they are told."""

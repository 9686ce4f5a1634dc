"""The record, the clock and the rules: imports nothing else of ours."""

"""Measuring ourselves: `stillon bench`. Everything here works on a throw-away practice in a throw-away database."""

"""What every action stands on: clock, ids, errors, keys, the database and the audit chain."""

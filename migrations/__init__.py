"""The versions of the schema, for both engines. Run by `stillon migrate` through scheduler/core/schema.py."""

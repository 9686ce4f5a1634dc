"""One file per command of `stillon`. They parse, call and print; what they do lives below."""

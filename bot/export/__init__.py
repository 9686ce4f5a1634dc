"""Files that leave the console: tables for spreadsheets and other programs."""

"""The running program and every edge: web, carrier, command line. Imports everything below."""

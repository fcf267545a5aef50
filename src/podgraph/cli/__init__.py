"""The command line, one group of commands in a file."""

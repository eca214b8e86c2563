"""What is typed: a module for each command; it parses, prints and exits."""

"""Ways to define, to read, to pretend to read, to initialise: each a small piece of code that carries its own truth."""

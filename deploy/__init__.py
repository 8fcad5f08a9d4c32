"""What an installation is made of, and the code that writes the parts of it that repeat."""

"""The files of the console, served by a worker."""

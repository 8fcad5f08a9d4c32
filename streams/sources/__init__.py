"""Where mentions come from: one module per kind of source, and what carries them to Kafka.

The seam is `source`; `settings` reads the file, `collector` runs one source, `intake` finds the
brands, `keeper` shares sources among workers and remembers how far each is.
"""

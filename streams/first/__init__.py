"""A first configuration, written from five answers: templates with comments, in two languages.

`en` and `fr` hold the files, `sinks` a table for each ticket system, `compose` a service that not
every installation has; `$name` is filled in.
"""

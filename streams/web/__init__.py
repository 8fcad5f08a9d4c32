"""What stands around every HTTP request, and the files of the console; a worker serves both.

`protect(app, settings)` in `protection`, a rule per route in `rule`. Imports no role of a worker.
"""

"""Cases over time as one self-contained picture (SVG): written by hand, nothing to install.

May import `scoring`; imported by the command line alone.
"""

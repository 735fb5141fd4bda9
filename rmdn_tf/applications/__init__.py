"""Uses attention: crops, compresses, rates and measures videos, shows them.

Each folder is one application. The commands of the same names call them.
"""

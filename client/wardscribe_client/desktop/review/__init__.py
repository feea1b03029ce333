"""The review of stored reports: read, check, edit, confirm, sign, add to, compare, export, print.

`opening` is the way in for the live window. Nothing here records or recognises.
"""

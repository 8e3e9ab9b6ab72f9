"""Automatic failover: a small program in the other region that watches the main database and, when everything that can be asked
says that it is lost, does what `make failover` would do at Google, once. ADR 35.

It runs in our own image (images/jobs), and so needs nothing but what is in there.
"""

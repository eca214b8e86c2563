"""Recordings and texts in object stores: addresses, listing, signed URLs, reading and writing.

Only `address` is light. All else needs fsspec and a package for each kind of store, which are imported once
somebody names a bucket.
"""

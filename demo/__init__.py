"""A small invented press, served on loopback: what `marsad demo` collects and the end-to-end tests crawl.

Every outlet, person and fact in it is invented.
"""

"""A small press on loopback that misbehaves on demand; see :mod:`tests.site.faults`."""

"""The clock: one process that starts whatever is due, each in a process of its own, and keeps a row of it."""

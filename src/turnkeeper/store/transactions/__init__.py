"""What each transaction does, once for both stores: load rows, let `rules` decide, write rows.

The scripts are `async` over the Rows port. On SQLite nothing in them ever waits, so they are simply run; on
PostgreSQL each set is one round trip. A script takes a batch, and gives one result or error an item.
"""

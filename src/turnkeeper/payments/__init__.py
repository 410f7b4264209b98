"""Providers of payments: webhooks in, calls out, as values; nothing here does I/O."""

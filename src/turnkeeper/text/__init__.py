"""Markdown in, a platform's own markup out, in parts that fit. No I/O."""

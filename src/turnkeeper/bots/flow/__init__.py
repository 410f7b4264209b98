"""Bots whose conversation is drawn: the flow engine inside a turn."""

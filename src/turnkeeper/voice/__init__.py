"""Voice notes: decoding them, and transcribers behind one port."""

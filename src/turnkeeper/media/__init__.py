"""Files: received within limits, judged by their bytes, kept, and handed out through signed links."""

"""A bot that is somebody else's: an existing backend answers, Turnkeeper keeps the turns."""

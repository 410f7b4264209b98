"""What Turnkeeper costs, as ratios to things that run in the same minutes on the same machine."""

"""The API for programs of the operator's: JSON in, JSON out, problems in words."""

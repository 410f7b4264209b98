"""One adapter a family of providers. Rule: pydantic_ai is imported here and nowhere else, and only when asked for."""

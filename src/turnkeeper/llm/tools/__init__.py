"""The kinds of tools: Python functions, HTTP calls, MCP servers, and those that are built in."""

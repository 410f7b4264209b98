"""Language models: one adapter a provider, the chain that always answers, tools, extraction."""

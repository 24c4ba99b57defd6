"""Workflows for other projects, as `driftline ci init` fills them in; nothing here is run by driftline itself."""

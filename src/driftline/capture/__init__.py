"""Measuring a command: its process tree, its stages, the machine it runs on."""

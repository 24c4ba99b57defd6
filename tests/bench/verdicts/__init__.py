"""How often the verdicts are wrong: simulated pages and histories of which the truth is known, and a real one."""

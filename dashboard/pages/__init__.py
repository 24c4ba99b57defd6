"""One module a page; each gives the parts of its body for a selection."""

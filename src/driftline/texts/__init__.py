"""What may be said of two texts: numbers out of text, without files, SQL or the UI."""

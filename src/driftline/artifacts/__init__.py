"""Readers: the only code that knows file formats. Each turns the bytes of one artifact into rows and problems.

Nothing here knows DuckDB's cache, SQL views or the UI, and nothing in a file is ever executed.
"""

"""Frames to text: HTML sections that the dashboard and the snapshot share, and the snapshot itself."""

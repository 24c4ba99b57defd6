"""What writes artifacts: profiles that are frozen, promoted and archived."""

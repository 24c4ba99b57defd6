"""What a verdict is called."""

REGRESSED, IMPROVED, CHANGED = "regressed", "improved", "changed"
NO_CHANGE, SUSPECT, INCONCLUSIVE = "no change", "suspect", "inconclusive"
THRESHOLD_ONLY, NOT_COMPARABLE = "threshold only", "not comparable"
VERDICTS = (REGRESSED, IMPROVED, CHANGED, NO_CHANGE, SUSPECT, INCONCLUSIVE, THRESHOLD_ONLY, NOT_COMPARABLE)
# What more measurements may still decide.
UNDECIDED = (SUSPECT, INCONCLUSIVE, THRESHOLD_ONLY)

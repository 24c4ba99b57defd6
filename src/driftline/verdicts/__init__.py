"""What may honestly be said of a difference: numpy in, verdicts out. No file, no SQL, no page.

Effects are ratios, as differences of logs, for metrics of positive amounts, and differences for scores; each with an
interval, the share of false alarms among its like (q) and the smallest change that would have been seen (MDE).
"""

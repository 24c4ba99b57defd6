"""Generated roots of three sizes, and the bench that measures how fast driftline opens and answers them."""

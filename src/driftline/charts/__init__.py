"""Frames to figures of Bokeh, some by HoloViews. No SQL, no Panel, no state; colours come from a palette."""

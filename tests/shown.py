"""What the pages of the shipped root are about, and what they say."""

from __future__ import annotations

from playwright.sync_api import Page

BASELINE, FOCUS, OTHER = "baselines/demo_paragraph_v0.1", "runs/demo_paragraph_v0.6", "runs/demo_paragraph_v0.4"


def texts(page: Page, selector: str) -> list[str]:
    """What each element says, in one line each."""
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]

"""The table of docs/agents.md, "When something fails": what the person gets, by what fails."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
ANSWER, SECOND, FIXED = "A concert.", "The second model's.", "Sorry, shall I ask a person?"
GETS = {"the answer": ANSWER, "the second model's answer": SECOND, "the fixed reply": FIXED}
"""How the tests say what the page says."""


def rows() -> dict[str, str]:
    """What the page says that the person gets."""
    section = PAGE.read_text("utf-8").partition("## When something fails")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", section, re.MULTILINE)
    return {label: gets for label, gets in cells if label != "what fails"}

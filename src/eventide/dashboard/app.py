"""The script that Streamlit runs: `streamlit run app.py -- FOLDER`. Invariant: its one argument is the folder to show."""

from __future__ import annotations

import sys
from pathlib import Path

from eventide.dashboard.page import draw

if __name__ == "__main__":
    draw(Path(sys.argv[1]))

"""The documentation site: Sphinx with MyST and the theme Furo, all three maintained; it needs no network to be read.

`tox run -e docs` builds it. Pages stay plain Markdown, so that they can be read in a checkout, too; what is generated
goes to `reference/`, which version control ignores.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE))
sys.path.extend(str(path) for path in HERE.parent.glob("packages/*/src"))

from _reference import site  # noqa: E402

project = "Neural Modules"
author = "the authors of Neural Modules"
extensions = ["myst_parser"]
exclude_patterns = ["_*"]

myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # a type in a signature that two packages have
pygments_style = "friendly"
python_maximum_signature_line_length = 88
add_module_names = False
smartquotes = False  # types are quoted in running text
toc_object_entries_show_parents = "hide"
highlight_language = "text"

html_theme = "furo"
html_title = "Neural Modules"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"top_of_page_buttons": []}


def setup(app):
    """Write the generated pages, and lead from the front page to all of them."""
    site.connect(app)

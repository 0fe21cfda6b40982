"""What `make docs` adds to the pages of this folder: figures with their captions, formulas, pages that lie elsewhere.

Pages stay readable where they lie: a figure is a comment (`<!-- figure: sphere/sphere -->`), a formula
stands between dollars, and links lead to files of the repository.
"""

import html
import posixpath
import re
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Template
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "results/emoji/figures"  # of the default study
# Pages that lie outside of docs/, by their file.
ELSEWHERE = {"README.md": "index.md", "config/README.md": "keys.md", "CHANGELOG.md": "changes.md"}
FIGURE = re.compile(r"<!-- figure: (\S+) -->")
# A figure of a rule: its path and title, and the name of its caption where that is another one.
DECLARED = re.compile(
    r'figure\(\s*f?"<results>/figures/(?P<path>[^"]+)",\s*(?P<title>"[^"]+"|\w+)'
    r"(?P<rest>(?:(?!figure\(|log:).)*)",
    re.S,
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>', re.S
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages from elsewhere, and every figure that the default study has."""
    for path, page in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text("utf-8")))
    for figure in sorted(FIGURES.rglob("*.svg")):
        place = f"figures/{figure.relative_to(FIGURES).as_posix()}"
        files.append(File.generated(config, place, abs_src_path=str(figure)))
    return files


def on_page_markdown(markdown: str, page, **_) -> str:
    """A page with its figures, and with links as they lead within the site."""
    source = {page: path for path, page in ELSEWHERE.items()}.get(page.file.src_uri)
    folder = posixpath.dirname(source) if source is not None else "docs"
    markdown = LINK.sub(lambda link: f"]({target(link[1], folder)}{link[2] or ''})", markdown)
    return FIGURE.sub(lambda comment: shown(comment[1]), markdown)


def on_page_content(content: str, page, **_) -> str:
    """A page whose formulas are MathML, which browsers show without any script."""

    def formula(match: re.Match) -> str:
        display = "block" if match["tag"] == "div" else "inline"
        try:
            return convert(html.unescape(match["tex"]).strip(), display=display)
        except Exception as error:
            raise PluginError(f"{page.file.src_uri}: {match['tex']}: {error!r}") from error

    return FORMULA.sub(formula, content)


def target(link: str, folder: str) -> str:
    """Where a link of a page in a folder of the repository leads within the site."""
    path = posixpath.normpath(posixpath.join(folder, link))
    return ELSEWHERE.get(path, path.removeprefix("docs/"))


def declared(figure: str) -> tuple[str, str, dict[str, str]]:
    """Title, caption's name and wildcards of a figure, as the rule that draws it says.

    figure: path below `results/<study>/figures`, without its ending. Raises PluginError where no rule draws it.
    """
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for found in DECLARED.finditer(file.read_text("utf-8")):
            pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", found["path"])
            place = re.fullmatch(pattern, figure)
            if place:
                wildcards = place.groupdict()
                name = Path(figure).name
                said = found["title"] if found["title"].startswith('"') else name.replace("_", " ")
                own = re.search(r'caption="(\w+)"', found["rest"])
                return said.strip('"').format(**wildcards), own[1] if own else name, wildcards
    raise PluginError(f"figure {figure}: no rule draws it")


def shown(figure: str) -> str:
    """A figure and how to read it, from the text that the report has below it."""
    title, caption, wildcards = declared(figure)
    text = Template((ROOT / f"workflow/report/{caption}.rst").read_text("utf-8"))
    read = text.render(snakemake=SimpleNamespace(wildcards=SimpleNamespace(**wildcards)))
    if (FIGURES / f"{figure}.svg").is_file():
        place = f"figures/{figure}.svg"
        picture = f"[![{title}]({place}){{ loading=lazy }}]({place}){{ .figure }}"
    else:
        picture = f"*Not drawn here: `results/emoji/figures/{figure}.svg` is not there.*"
    return f"{picture}\n\n*How to read it.* {read.strip()}"

"""The documentation: its site needs no network, and its pages say what the project does."""

import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
from conftest import REAL, ROOT, SHARED
from mkdocs.exceptions import PluginError

from modality_gap.study.parts import SECTIONS

PAGES = ROOT / "docs"
EXPERIMENTS = (PAGES / "experiments.md").read_text()
README = (ROOT / "README.md").read_text()
FIGURES = re.findall(r"<!-- figure: (\S+) -->", EXPERIMENTS)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make docs` builds it: where a link or an anchor leads nowhere, it fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_nothing_of_the_site_is_fetched_from_elsewhere(site):
    pages, fetched = list(site.glob("*.html")), []
    assert len(pages) > 12
    for page in pages:
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", page.read_text()):
            address = re.search(r'(?:src|href)="?((?:https?:)?//[^" >]+)', tag)
            if address and 'rel="canonical"' not in tag:
                fetched.append((page.name, address[1]))
    for sheet in site.rglob("*.css"):
        fetched += re.findall(r"url\([\"']?(?:https?:)?//[^)]+|@import[^;]+", sheet.read_text())
    assert not fetched


@pytest.fixture(scope="module")
def opened(site):
    """Open a page as a file, in a browser without a network; what it logs and asks for is kept."""
    browsers = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    if not any(browsers):
        pytest.skip("no chromium here: the site is not looked at")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: no browser")
    with playwright.sync_playwright() as tools:
        program = next(filter(None, browsers))
        browser = tools.chromium.launch(executable_path=program, args=["--no-sandbox"])

        def open_page(name, width):
            context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
            page = context.new_page()
            page.set_default_timeout(120_000)  # of a machine that does much else
            page.told = []
            page.on("pageerror", lambda error: page.told.append(str(error)))
            page.on("request", lambda asked: page.told.append(asked.url))
            page.goto((site / name).as_uri())
            return page

        yield open_page
        browser.close()


def test_search_answers_on_a_page_that_is_opened_as_a_file(opened):
    page = opened("index.html", 1280)
    page.locator("[data-md-component=search-query]").fill("whitening")
    page.locator(".md-search-result__item").first.wait_for(timeout=120_000)
    assert not [told for told in page.told if not told.startswith("file:")]


@pytest.mark.parametrize("name", ["index", "experiments", "papers", "keys", "questions"])
def test_a_page_is_as_wide_as_a_telephone(opened, name):
    page = opened(f"{name}.html", 390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_formulas_are_mathml_and_none_is_left_as_it_was_written(site):
    page = (site / "experiments.html").read_text()
    assert page.count("<math") > 20
    assert "arithmatex" not in page
    for file in site.glob("*.html"):
        assert not re.search(r"<p>[^<]*\$\$", file.read_text()), file.name


def test_every_figure_has_its_caption_or_says_that_it_is_missing(site):
    page = (site / "experiments.html").read_text()
    assert "<!-- figure" not in page
    shown = len(re.findall(r'<img[^>]+src="figures/', page))
    assert shown + page.count("is not there.") == len(FIGURES) == page.count("How to read it.")
    # Written by Jinja in the caption's text.
    assert "emoji, held out concepts" in page
    assert "snakemake.wildcards" not in page


def test_every_section_of_a_study_has_its_part():
    parts = set(re.findall(r"[Ss]ections? `(\w+)`", EXPERIMENTS))
    parts |= set(re.findall(r"[Ss]ection `\w+` [^.]*?, `(\w+)`", EXPERIMENTS))
    parts |= set(re.findall(r"by the keys of `(\w+)`", EXPERIMENTS))
    assert set(SECTIONS) == parts


def test_every_caption_of_the_report_stands_below_a_figure():
    """Of figures that share a caption, such as those of several splits, one is enough."""
    file = PAGES / "site_hooks.py"
    spec = importlib.util.spec_from_file_location("site_hooks", file)
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    captions = {file.stem for file in (ROOT / "workflow/report").glob("*.rst")} - {"study"}
    assert {hooks.declared(figure)[1] for figure in FIGURES} == captions
    with pytest.raises(PluginError, match="figure gap/none: no rule draws it"):
        hooks.declared("gap/none")


def test_tables_that_the_experiments_name_are_made_by_a_rule():
    rules = "\n".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    sections = (ROOT / "scripts/modality_gap/study/sections/run_comparisons.py").read_text()
    names = set(re.findall(r"`(?:[^`\s]*/)?(\w+)\.parquet`", EXPERIMENTS))
    assert len(names) > 30
    made = {name for name in names if f"{name}.parquet" in rules or f'"{name}"' in sections}
    assert names == made


def test_the_readme_is_short_and_leads_to_every_page():
    assert len(README.splitlines()) <= 150
    links = {path for path in re.findall(r"\]\(([^)#:]+)", README)}
    assert not [path for path in links if not (ROOT / path).exists()]
    assert {f"docs/{page.name}" for page in PAGES.glob("*.md")} <= links


def test_every_make_target_that_a_page_names_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for page in (ROOT / "README.md", *PAGES.glob("*.md")):
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.M))
        assert named <= targets, (page.name, named - targets)


def test_answers_with_numbers_print_what_they_say(tmp_path, monkeypatch):
    """docs/questions.md, run on the published pairs where they are."""
    for name, real in zip(("features_clip", "features_clip_random"), REAL, strict=True):
        if not (SHARED / f"{real}.npy").is_file():
            pytest.skip(f"real embeddings are not here: {real}.npy")
        (tmp_path / f"{name}.npy").symlink_to(SHARED / f"{real}.npy")
    monkeypatch.chdir(tmp_path)
    text = "\n".join(line.removeprefix("    ") if fenced else line for line, fenced in indented())
    names, blocks = {}, re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.S)
    assert len(blocks) == 8
    for code, printed in blocks:
        told = io.StringIO()
        with redirect_stdout(told):
            exec(compile(code, "docs/questions.md", "exec"), names)
        assert told.getvalue() == printed, code


def indented():
    """Lines of the questions, and whether each is of a block that stands in a list."""
    fenced = False
    for line in (PAGES / "questions.md").read_text().splitlines():
        opens = line.startswith("    ```")
        yield line, fenced or opens
        fenced = (opens and not line.endswith("```")) or (fenced and not opens)

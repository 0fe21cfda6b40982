import pytest
from conftest import ROOT
from made_up_results import STUDY, figures, write_results

from modality_gap.page.build import page


@pytest.fixture(scope="session")
def made_up(tmp_path_factory):
    """The results of a small study, measured by the library."""
    return write_results(tmp_path_factory.mktemp("made_up"))


@pytest.fixture(scope="session")
def page_file(made_up):
    """Its page."""
    file = made_up.folder / "report.html"
    file.write_text(page(made_up, STUDY, figures(), ["photos"], ROOT), "utf-8")
    return file

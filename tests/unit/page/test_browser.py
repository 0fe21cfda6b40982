"""The page in a browser: nothing leaves it, nothing is cut off, nothing shuts a reader out."""

import shutil

import pytest
from made_up_results import HOSTILE

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: no browser to ask")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium here: the page is not looked at"
)
WIDTHS = {"telephone": 390, "desk": 1280}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as tools:
        started = tools.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, page_file):
    """Open the page; what it logs and what it asks for is kept."""
    contexts = []

    def open_page(width: int = 1280, scheme: str = "light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)  # of a machine that does much else
        page.faults, page.asked = [], []
        page.on("console", lambda told: told.type == "error" and page.faults.append(told.text))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(page_file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def scroll_through(page) -> None:
    """Have everything drawn that is drawn when it comes into sight."""
    height = page.evaluate("document.scrollingElement.scrollHeight")
    for top in range(0, height, 700):
        page.evaluate(f"scrollTo(0, {top})")
        page.wait_for_timeout(30)
    page.wait_for_timeout(500)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_nothing_is_cut_off_and_nothing_leaves_the_page(opened, width):
    page = opened(width)
    scroll_through(page)
    assert page.locator(".chart.chosen svg").count() >= 5
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert not page.faults
    outside = [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not outside


def test_texts_of_others_are_texts(opened):
    page = opened()
    assert page.title() == f"A study {HOSTILE}"
    assert page.locator("script").count() == page.evaluate(
        "[...document.scripts].filter(one => one.type === 'application/json').length + 2"
    )
    assert page.locator('img[src^="http"]').count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_axe_finds_nothing_serious(opened, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    page = opened(width, scheme)
    scroll_through(page)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    results = axe.Axe().run(page)
    faults = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in results.response["violations"]
        if one["impact"] in SERIOUS
    ]
    assert not faults


def test_a_point_is_a_picture_and_its_caption(opened):
    page = opened()
    scroll_through(page)
    chart = page.locator('.chart.chosen[data-kind="view"]').first
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # what scrolls hides what was told
    point = chart.locator("svg .mark-symbol path").nth(3).bounding_box()
    for step in (1, 0):
        page.mouse.move(point["x"] + point["width"] / 2 + step, point["y"] + point["height"] / 2)
    tip = page.locator("#tip")
    tip.wait_for(state="visible")
    assert tip.inner_text().startswith("caption ")
    assert tip.locator("img").get_attribute("src").startswith("data:image/webp")
    assert page.evaluate("document.querySelector('#tip img').naturalWidth") > 0


def test_selects_choose_and_a_link_finds_its_figure(opened):
    page = opened()
    chooser = page.locator("#found")
    chooser.locator("select").select_option("start on photos, test")
    assert (
        chooser.locator(".variant.chosen").get_attribute("data-place")
        == '{"place":"start on photos, test"}'
    )
    view = page.locator("#figures-photos-test-view_pca")
    view.locator("select").select_option("start")
    assert view.locator(".chart.chosen").get_attribute("data-place") == '{"encoder":"start"}'
    page.evaluate("location.hash = 'figures-photos-test-ways_to_close'")
    page.wait_for_timeout(300)
    assert page.locator("#figures-photos-test-ways_to_close").is_visible()


def test_claims_are_filtered_and_open_to_their_evidence(opened):
    page = opened()
    assert page.locator(".claim").count() == 5
    assert not page.locator('.status[data-status="not measured"]').evaluate("one => one.open")
    page.locator('#claim-filter select[data-key="paper"]').select_option("liang2022")
    assert page.locator("#claim-count").inner_text() == "2 shown"
    claim = page.locator('.claim:has(.id:text-is("L001"))')
    claim.locator("summary").click()
    assert claim.locator("tbody tr").count() == 6
    assert "3 more in evidence.csv" in claim.inner_text()
    page.locator('#claim-filter select[data-key="status"]').select_option("undecided")
    assert page.locator("#claim-count").inner_text() == "no claim matches: choose less"


def test_the_keyboard_reaches_what_the_pointer_does(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#found select").focus()
    page.keyboard.press("ArrowDown")
    assert "start" in page.locator("#found .variant.chosen").get_attribute("data-place")

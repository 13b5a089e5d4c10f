"""The page of a trace in a real browser: what it shows, how keys and the pointer work, and that it loads nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

selenium = pytest.importorskip("selenium")

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from initlint.report.trace import Draw, Setup, Tensor, Trace
from initlint.report.trace_html import render, render_parting
from initlint.runtime.parting import compare

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
EVIL = "</script><script>document.body.dataset.evil=1</script><!-- \u2028 &amp; `${1}` @@DATA@@"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for flag in (*QUIET.split(), "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_argument("--window-size=1280,900")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def built(*draws: Draw, target: str = "net:Net") -> Trace:
    setup = Setup("2.13.0", "AVX2", "cpu", "construct", "", 0)
    tensors = tuple(Tensor(d.owner, "parameter", "float32", (d.amount,), d.state) for d in draws if d.owner)
    return Trace(target, "net.Net", setup, "3.11", draws, tensors, {})


def draw(owner: str, amount: int, state: str = "0", dead: str = "", source: str = "net.py:8") -> Draw:
    return Draw(owner, "aten.uniform_.default", amount, "float32", "torch:cpu", state, "", source, dead)


OLD = (draw("a.weight", 64, "1"), draw("b.0.weight", 16, "2"), draw("b.1.weight", 16, "3"))
NEW = (OLD[0], draw("a.gamma", 4, "4", "SOH102", "net.py:9"), draw("b.0.weight", 16, "5"), draw("b.1.weight", 16, "6"))


def opened(browser: WebDriver, tmp_path: Path, page: str) -> None:
    """The page as a file, opened without messages in the browser's log."""
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    browser.get_log("browser")  # type: ignore[no-untyped-call]  # what the test before has caused
    browser.get((tmp_path / "page.html").as_uri())
    assert browser.find_element(By.TAG_NAME, "body").get_attribute("data-ready") == "yes"
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0  # type: ignore[no-untyped-call]


def text(browser: WebDriver, selector: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, selector).text


def chosen(browser: WebDriver) -> str | None:
    return browser.find_element(By.TAG_NAME, "body").get_attribute("data-chosen")


def owners(browser: WebDriver) -> list[str]:
    return [row.get_attribute("title") or "" for row in browser.find_elements(By.CSS_SELECTOR, ".row .name")]


def colours(browser: WebDriver, height: int) -> list[list[int]]:
    """The different colours on one line of the strip."""
    script = """
        const strip = document.getElementById('strip'), ratio = devicePixelRatio;
        const line = strip.getContext('2d').getImageData(0, arguments[0] * ratio, strip.width, 1).data;
        const seen = new Map();
        for (let at = 0; at < line.length; at += 4) if (line[at + 3] === 255) {
            const colour = [...line.slice(at, at + 3)]; seen.set(colour.join(), (seen.get(colour.join()) || 0) + 1);
        }
        return [...seen].filter(([, count]) => count > 9).map(([colour]) => colour.split(',').map(Number));
    """
    found: list[list[int]] = browser.execute_script(script, height)  # type: ignore[no-untyped-call]
    return found


def test_what_is_nearly_all_of_the_model_is_coloured_by_its_parts(browser: WebDriver, tmp_path: Path) -> None:
    """Two shades alternate, at the first depth where no part has more than half of the draws."""
    layers = [draw(f"encoder.layers.{n}.{name}", 64) for n in range(3) for name in ("up.weight", "down.weight")]
    opened(browser, tmp_path, render(built(draw("encoder.position", 64), *layers, draw("head.weight", 64))))
    shades = browser.execute_script("return all.map((draw) => [draw.inner, draw.shade])")  # type: ignore[no-untyped-call]
    assert [name for name, _ in shades] == [
        "encoder.position",
        *(f"encoder.layers.{number}" for number in (0, 0, 1, 1, 2, 2)),
        "head.weight",
    ]
    assert [shade for _, shade in shades] == [0, 1, 1, 0, 0, 1, 1, 0]
    assert len(colours(browser, 30)) == 3


def test_a_trace(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built(*NEW)))
    assert browser.title == "net:Net · initlint"
    assert text(browser, "h1") == "net:Net"
    assert text(browser, "#facts").split("\n") == [
        *("4", "draws", "100", "random numbers", "4 of 4", "tensors filled by them"),
        *("1", "draw of 4 numbers for what is never used"),
    ]
    assert owners(browser) == ["a", "a.weight", "a.gamma", "b", "b.0", "b.1"]
    assert chosen(browser) == "a.gamma"
    assert "SOH102: nothing reads it" in text(browser, "#detail")
    assert "net.py:9" in text(browser, "#detail")
    assert len(colours(browser, 30)) >= 4  # two owners, in two shades each


def test_keys(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built(*NEW)))
    strip = browser.find_element(By.ID, "strip")
    seen = []
    for key in (Keys.RIGHT, Keys.END, Keys.RIGHT, Keys.LEFT, Keys.HOME):
        strip.send_keys(key)
        seen.append(chosen(browser))
    assert seen == ["b.0.weight", "b.1.weight", "b.1.weight", "b.0.weight", "a.weight"]
    strip.send_keys(Keys.SHIFT + Keys.RIGHT)
    assert chosen(browser) == "a.gamma"
    before = colours(browser, 30)
    strip.send_keys("++++++++")
    assert len(colours(browser, 30)) < len(before)
    strip.send_keys("0")
    assert colours(browser, 30) == before


def test_the_pointer(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built(*NEW)))
    strip = browser.find_element(By.ID, "strip")
    left = -strip.size["width"] // 2 + 12
    ActionChains(browser).move_to_element_with_offset(strip, left, 0).perform()  # type: ignore[no-untyped-call]
    assert text(browser, "#tip") == "a.weight\n64 numbers, uniform_ · net.py:8"
    ActionChains(browser).click().perform()  # type: ignore[no-untyped-call]
    assert chosen(browser) == "a.weight"
    browser.find_element(By.CSS_SELECTOR, ".row:last-child").click()
    assert not browser.find_element(By.ID, "tip").is_displayed()


def test_search(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built(*NEW)))
    search = browser.find_element(By.ID, "search")
    search.send_keys("NET.PY:9")
    assert owners(browser) == ["a.gamma"]
    search.clear()
    search.send_keys("b.")
    assert owners(browser) == ["b.0.weight", "b.1.weight"]
    assert text(browser, "#tree .empty") == "2 draws"


def test_two_builds(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render_parting(compare(built(*OLD), built(*NEW), ("v1", "v2"))))
    assert text(browser, "h1") == "v1 → v2"
    assert text(browser, "#answer") == (
        "the streams part at a.gamma, net.py:9 (new): its draw comes before b.0.weight;"
        " 2 of 3 shared tensors differ, the first is b.0.weight"
    )
    assert chosen(browser) == "a.gamma"
    strip = browser.find_element(By.ID, "strip")
    strip.send_keys(Keys.RIGHT)
    detail = text(browser, "#detail").split("\n")
    assert detail[:2] == ["Draw 3 of v2", "b.0.weight"]
    assert detail[-4:] == ["compared", "other numbers", "v1", "16 numbers, uniform_ net.py:8"]
    strip.send_keys(Keys.UP)
    assert text(browser, "#detail").split("\n")[:2] == ["Draw 2 of v1", "b.0.weight"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(browser: WebDriver, tmp_path: Path, scheme: str) -> None:
    feature = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", feature)  # type: ignore[attr-defined]
    opened(browser, tmp_path, render(built(*NEW)))
    background = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    numbers = [int(part) for part in re.findall(r"\d+", background)[:3]]
    assert (sum(numbers) > 600) == (scheme == "light")


def test_names_are_text_and_nothing_else(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built(draw(EVIL, 4), target=EVIL)))
    assert browser.find_element(By.TAG_NAME, "h1").get_attribute("textContent") == EVIL
    assert browser.title.startswith("</script><script>")
    assert browser.find_element(By.TAG_NAME, "body").get_attribute("data-evil") is None


def test_nothing_drawn(browser: WebDriver, tmp_path: Path) -> None:
    opened(browser, tmp_path, render(built()))
    assert text(browser, "#tree") == "Nobody draws."


def test_thousands_of_draws(browser: WebDriver, tmp_path: Path) -> None:
    draws = [draw(f"layers.{n}.{part}.weight", 100 + n, str(n)) for n in range(2500) for part in ("q", "k")]
    draws[3333] = draw("layers.1666.k.weight", 1, "x", "SOH101")
    opened(browser, tmp_path, render(built(*draws)))
    assert chosen(browser) == "layers.1666.k.weight"
    assert owners(browser) == ["layers"]
    took: float = browser.execute_script("const t = performance.now(); paint(); return performance.now() - t")  # type: ignore[no-untyped-call]
    assert took < 1000


def test_the_page_names_no_address() -> None:
    assert re.findall(r"(?:https?:)?//[a-z][^\s\"'<]*\.[a-z]", render(built(*NEW))) == []

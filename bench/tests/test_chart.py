"""The chart says what the figures say."""

import xml.etree.ElementTree as ElementTree

from harness import chart

SVG = "{http://www.w3.org/2000/svg}"
ENTRIES = [("mortise", "Mortise", (10.0, 9.0, 11.0)), ("envoy", "<Envoy> & co", (40.0, 38.0, 44.0)),
           ("copy loop", "limit: copy loop", (5.0, 5.0, 5.0))]


def drawn():
    return ElementTree.fromstring(chart.bars("CPU", "µs", ENTRIES))


def test_lengths_are_in_the_ratio_of_the_figures():
    widths = [float(rect.get("width")) for rect in drawn().iter(SVG + "rect")
              if rect.get("class") != "page"]
    assert abs(widths[1] / widths[0] - 4) < 0.01
    assert abs(widths[2] / widths[0] - 0.5) < 0.01


def test_the_longest_whisker_stays_inside_the_picture():
    ends = [float(path.get("d").partition("H")[2]) for path in drawn().iter(SVG + "path")]
    assert max(ends) <= chart.WIDTH - chart.VALUES


def test_every_bar_has_its_label_and_its_interval():
    texts = [text.text for text in drawn().iter(SVG + "text")]
    assert "<Envoy> & co" in texts
    assert "10.0 [9.0, 11.0]" in texts


def test_it_knows_dark_pages():
    assert "prefers-color-scheme: dark" in chart.bars("CPU", "µs", ENTRIES)


def test_ours_peers_and_limits_look_different():
    kinds = {chart.kind_of(name) for name in ("mortise", "mortise again", "nginx", "no proxy")}
    assert kinds == {"ours", "peer", "limit"}

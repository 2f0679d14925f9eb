"""Bars with their intervals as SVG, readable on light and on dark pages."""

from html import escape

WIDTH, LABELS, VALUES = 820, 230, 150  # of the picture, of its left and right columns
TOP, ROW, BAR, BOTTOM = 46, 30, 18, 14
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.page { fill: #ffffff } .ours { fill: #0969da } .peer { fill: #8c959f } .limit { fill: #c8d1da }
.whisker { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .page { fill: #0d1117 } .ours { fill: #4493f8 } .peer { fill: #7d8590 }
  .limit { fill: #3d444d } .whisker { stroke: #e6edf3 }
}"""


def kind_of(name):
    """The class of a candidate's bar."""
    if name.startswith("mortise"):
        return "ours"
    return "limit" if name in ("copy loop", "no proxy") else "peer"


def bars(title, unit, entries, digits=1):
    """entries: [(name, label, (middle, low, high))], drawn in their order."""
    scale = (WIDTH - LABELS - VALUES) / max((high for _, _, (_, _, high) in entries), default=1)
    height = TOP + ROW * len(entries) + BOTTOM
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
             f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>',
             f'<text class="title" x="14" y="28">{escape(title)}, {escape(unit)}</text>']
    for number, (name, label, values) in enumerate(entries):
        lines += bar(TOP + ROW * number, kind_of(name), label, values, scale, digits)
    return "\n".join([*lines, "</svg>"]) + "\n"


def bar(top, kind, label, values, scale, digits):
    middle, low, high = values
    centre = top + ROW / 2
    ends = [LABELS + value * scale for value in (low, high)]
    text = f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
    return [
        f'<text x="{LABELS - 10}" y="{centre + 4.5:g}" text-anchor="end">{escape(label)}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{centre - BAR / 2:g}" '
        f'width="{middle * scale:.1f}" height="{BAR}" rx="2"/>',
        f'<path class="whisker" d="M{ends[0]:.1f} {centre:g}H{ends[1]:.1f}"/>',
        f'<text x="{ends[1] + 10:.1f}" y="{centre + 4.5:g}">{text}</text>',
    ]

"""Results to build/bench/ROW.json, and from there into marked sections of docs/performance.md.

Between `<!-- bench:ROW begin -->` and `<!-- bench:ROW end -->` everything belongs to this tool;
everything else in the document belongs to people and stays as it is.
"""

import datetime
import json
import os
import re

from . import machine
from .session import FULL_PAIRS, ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "performance"
TAIL = "<!-- bench:new rows above -->"


def keep(name, row, result, session, seconds, steal):
    """Writes the result's JSON and, if the run deserves it, the row's section and charts."""
    standing = standing_of(result, session)
    kept = {
        "row": name, "title": row.TITLE, "standing": standing, "seconds": round(seconds, 1),
        "steal": steal,
        "date": datetime.date.today().isoformat(), "command": session.command,
        "pairs": session.pairs, "machine": session.machine, "result": result,
        "log": session.log,
    }
    write(session.results / f"{name}.json", json.dumps(kept, indent=1) + "\n")
    if standing == "published":
        publish(name, row, kept)
    return kept


def standing_of(result, session):
    """published, or why not."""
    if result.get("void"):
        return "VOID, not published: " + "; ".join(result["void"])
    if not session.is_full():
        return f"a trial of {session.pairs} pairs, not published (a full run has {FULL_PAIRS})"
    if session.publish == "never":
        return "valid, not published as asked"
    return "published"


def publish(name, row, kept, document=DOCUMENT, folder=CHARTS):
    drawn = row.charts(kept["result"]) if hasattr(row, "charts") else {}
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob(f"{name}.svg"), *folder.glob(f"{name}-*.svg")]:
        old.unlink()  # its rate may have been another
    for chart, svg in drawn.items():
        write(folder / f"{chart}.svg", svg)
    text = document.read_text() if document.exists() else f"# Performance\n\n{TAIL}\n"
    write(document, replaced(text, name, section(row, kept, drawn)))


def write(path, text):
    """Root measures, but the files are the owner's of the directory they are in."""
    path.write_text(text)
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def section(row, kept, drawn):
    """What stands between the marks."""
    lines = [f"### {row.TITLE}", "", row.render(kept["result"]).strip(), ""]
    for chart in drawn:
        lines += [f"![{row.TITLE}](performance/{chart}.svg)", ""]
    pairs = f"{kept['pairs']} pairs, " if getattr(row, "PAIRED", True) else ""
    lines += [f"Measured {kept['date']} in {kept['seconds']:.0f} s by `{kept['command']}`, "
              f"{pairs}on {machine.sentence(kept['machine'])}; the host stole"
              f" {kept['steal']:.1%} of the CPU time meanwhile.", ""]
    return "\n".join(lines)


def replaced(text, name, body):
    """`text` with the section `name` replaced, or added where it was not there."""
    begin, end = f"<!-- bench:{name} begin -->", f"<!-- bench:{name} end -->"
    block = f"{begin}\n{body}\n{end}"
    if begin in text:
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        found = re.findall(pattern, text, re.DOTALL)
        if len(found) != 1:
            raise ValueError(f"docs/performance.md has {len(found)} whole sections {name}")
        return text.replace(found[0], block)
    if TAIL in text:
        return text.replace(TAIL, f"{block}\n\n{TAIL}")
    return text.rstrip("\n") + f"\n\n{block}\n"

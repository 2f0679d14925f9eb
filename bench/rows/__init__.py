"""One file is one row of docs/performance.md. A row is a module with

TITLE     what is measured, one line
MINUTES   how long it takes with 10 pairs
measure(session) -> dict     the result, as JSON takes it; session is harness.session.Session.
          "void": [reason...] says why its figures must not be used; such a run is never published.
render(result) -> str        Markdown of the row's section, from the result alone
PAIRED    optional; False where candidates are not measured in rounds, beside each other
charts(result) -> {name: svg text}   optional; written to docs/performance/NAME.svg
"""

"""The lab of the tutorials: its four phases, and what each cell of the table has to show."""

from mesh import LAB

CALLER = "spiffe://cluster.local/ns/full/sa/sleep"
PHASES = ("permissive", "strict", "disabled", "disabled-istio-mutual")
CALLS = 20

# What the callers of full get from httpbin.full, and the callers of legacy.
TO_FULL = {
    "permissive": ("mtls", "plain"),
    "strict": ("mtls", "reset"),
    "disabled": ("plain", "plain"),
    "disabled-istio-mutual": ("503", "plain"),
}
CELLS = [(source, target) for source in ("full", "legacy")
         for target in ("full", "partial", "legacy")]


def expected(phase, source, target):
    """What that cell shows: mtls, plain, either (both seen), reset or 503."""
    if target == "full":
        return TO_FULL[phase][0 if source == "full" else 1]
    return "either" if (source, target) == ("full", "partial") else "plain"


def phase_text(phase):
    return (LAB / "phases" / f"{phase}.yaml").read_text()


def enter(mesh, phase):
    """From any phase into this one, with the YAML of the tutorials; restarts nothing."""
    if phase != "disabled-istio-mutual":
        mesh.delete("destinationrule", "httpbin-full-mtls", "full")
    if phase == "permissive":
        mesh.delete("policy", "httpbin", "full")
    for name in ("disabled", phase) if phase == "disabled-istio-mutual" else (phase,):
        mesh.apply(phase_text(name), "full")


def outcome(call):
    """The word of `expected` for one call."""
    if call.status == "000" and call.exit_status == 56:
        return "reset"
    if call.exit_status == 0 and call.status == "200":
        return "plain" if call.uri is None else "mtls" if call.uri == CALLER else call.uri
    if call.exit_status == 0 and call.status == "503":
        fixed = "upstream connect error or disconnect/reset before headers"
        return "503" if call.body.startswith(fixed) else f"503 with {call.body!r}"
    return repr(call)


def check_cell(mesh, phase, source, target, path="/headers", times=CALLS):
    """So many calls of one cell, each as expected."""
    calls = mesh.curls(source, f"http://httpbin.{target}:8000{path}", times)
    seen = {outcome(call) for call in calls}
    wanted = expected(phase, source, target)
    assert seen == ({"mtls", "plain"} if wanted == "either" else {wanted}), calls

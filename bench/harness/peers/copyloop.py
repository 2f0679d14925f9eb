"""The limits: bytes copied without a look at them, and no proxy at all."""

from .candidate import INBOUND_SOURCE, Peer


class CopyLoop(Peer):
    name, label = "copy loop", "limit: copy loop"

    def command(self, side):
        values = self.settings(side)
        program = self.session.for_everyone(self.session.binaries / "mortise-copy")
        words = [program, "--listen", f"0.0.0.0:{values['listen']}", "--to", values["next"]]
        if side == "server":
            words += ["--from", f"{INBOUND_SOURCE}:0"]
        if self.shape == "pair":
            words += ["--tls", "dial" if side == "client" else "accept",
                      "--cert", self.folder / f"{side}.pem",
                      "--key", self.folder / f"{side}-key.pem", "--ca", self.folder / "root.pem"]
        return words


class Direct(Peer):
    name, label = "no proxy", "limit: no proxy"
    is_proxy = False
    captured = False

    def command(self, side):
        return None

    def target(self):
        return self.server_address()

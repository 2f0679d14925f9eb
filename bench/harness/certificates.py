"""P-256 certificates as a mesh has them: leaf, one root, SPIFFE URI; for the peers, and for a
client of our own that speaks mutual TLS to a sidecar directly."""

import pathlib

from .programs import check

DAYS = 2
TRUST_DOMAIN = "cluster.local"


def make_root(folder):
    """A CA of its own in `folder`: (certificate, key)."""
    folder = pathlib.Path(folder)
    certificate, key = folder / "root.pem", folder / "root-key.pem"
    settings = folder / "root.conf"
    settings.write_text("[req]\ndistinguished_name=name\nx509_extensions=authority\n[name]\n"
                        "[authority]\nbasicConstraints=critical,CA:TRUE\n"
                        "keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n")
    check("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
          "-noenc", "-config", settings, "-subj", "/O=bench", "-days", str(DAYS), "-keyout", key,
          "-out", certificate)
    return certificate, key


def make_leaf(folder, name, root, namespace="full", dns=None):
    """NAME.pem and NAME-key.pem for spiffe://.../ns/NAMESPACE/sa/NAME, signed by `root`."""
    folder = pathlib.Path(folder)
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    identity = f"URI:spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{name}"
    names = f"{identity},DNS:{dns}" if dns else identity
    extensions = folder / f"{name}.ext"
    extensions.write_text(
        f"subjectAltName={'' if dns else 'critical,'}{names}\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=serverAuth,clientAuth\n")
    request = folder / f"{name}.csr"
    check("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
          "-noenc", "-subj", f"/CN={dns}" if dns else "/", "-keyout", key, "-out", request)
    check("openssl", "x509", "-req", "-in", request, "-CA", root[0], "-CAkey", root[1],
          "-set_serial", str(int.from_bytes(name.encode()[:8], "big") + 1), "-days", str(DAYS),
          "-extfile", extensions, "-out", certificate)
    for file in (certificate, key):
        file.chmod(0o644)  # of a bench that lives minutes, read by several uids
    return certificate, key

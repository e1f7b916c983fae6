# SPDX-License-Identifier: EUPL-1.2
"""Two certification authorities (one that every host trusts, one that none does) and what servers present.

Below ca/: public.pem (root; the trust store), private.pem. Below certs/NAME/: cert.pem, fullchain.pem, privkey.pem,
bundle.pem (HAProxy's form).
"""
import datetime
import shutil
import subprocess

from . import sandbox

_CONFIG = """[ca]
default_ca = here
[here]
dir = {folder}
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
"""
_AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)


def _stamp(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")


def _key(path, kind):
    if kind == "ec":
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    else:
        _openssl("genrsa", "-out", path, kind.removeprefix("rsa"))


class Authority:
    def __init__(self, folder, name, parent=None):
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "index").touch()
        (folder / "ca.cnf").write_text(_CONFIG.format(folder=folder))
        self.certificate = folder / "ca.pem"
        self.key = folder / "ca.key"
        _key(self.key, "ec")
        (parent or self).sign(self.key, name, _AUTHORITY, self.certificate, -700, 700, own=parent is None)

    def sign(self, key, name, extensions, out, start, end, own=False):
        request, extras = out.with_suffix(".csr"), out.with_suffix(".ext")
        extras.write_text(extensions)
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        issuer = ["-selfsign", "-keyfile", key] if own else ["-cert", self.certificate, "-keyfile", self.key]
        _openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", *issuer, "-in", request, "-out", out,
                 "-startdate", _stamp(start), "-enddate", _stamp(end), "-extfile", extras)


def make(wanted):
    """wanted: {name: {names, signer: public|private|self, from, until (days from now), chain: full|leaf, key}}."""
    root = sandbox.ROOT / "ca"
    public = Authority(root / "public-root", "Lab Public Root")
    issuer = Authority(root / "public-issuer", "Lab Public CA 1", public)
    private = Authority(root / "private-root", "University Internal Root")
    shutil.copy(public.certificate, root / "public.pem")
    shutil.copy(private.certificate, root / "private.pem")
    (root / "no-more").mkdir()
    for name, certificate in wanted.items():
        folder = sandbox.ROOT / "certs" / name
        folder.mkdir(parents=True)
        _present(folder, name, certificate or {}, {"public": issuer, "private": private})


def _present(folder, name, wish, issuers):
    key, leaf = folder / "privkey.pem", folder / "cert.pem"
    names = wish.get("names", [name])
    extensions = "subjectAltName=" + ",".join(f"DNS:{each}" for each in names) + "\nextendedKeyUsage=serverAuth\n"
    _key(key, wish.get("key", "ec"))
    signer = wish.get("signer", "public")
    if signer == "public":  # every public authority says where its own certificate is to be had
        extensions += "authorityInfoAccess=caIssuers;URI:http://certificates.ca.example/public-ca-1.der\n"
    issuers.get(signer, issuers["public"]).sign(key, names[0], extensions, leaf, wish.get("from", -30),
                                                wish.get("until", 60), own=signer == "self")
    chain = leaf.read_text()
    if signer == "public" and wish.get("chain", "full") == "full":
        chain += issuers["public"].certificate.read_text()
    (folder / "fullchain.pem").write_text(chain)
    (folder / "bundle.pem").write_text(chain + key.read_text())

"""A certificate authority of a cluster's own, the servers' certificate and a client's: openssl."""

import subprocess

_DAYS = "3650"


def _openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _signed(folder, name, subject, extension):
    """NAME.key and NAME.pem, signed by the CA; NAME.keystore.pem holds both, as Kafka reads it."""
    (folder / f"{name}.extension").write_text(extension)
    _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
             "-subj", subject, "-out", f"{name}.request")
    _openssl(folder, "x509", "-req", "-in", f"{name}.request", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-days", _DAYS, "-extfile", f"{name}.extension",
             "-out", f"{name}.pem")
    (folder / f"{name}.keystore.pem").write_text(
        (folder / f"{name}.key").read_text() + (folder / f"{name}.pem").read_text())


def make_certificates(folder):
    """Into `folder`: ca.pem, which clients trust; server.keystore.pem; client.pem, client.key."""
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key",
             "-subj", "/CN=Weir test CA", "-days", _DAYS, "-out", "ca.pem")
    _signed(folder, "server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    _signed(folder, "client", "/CN=weir", "extendedKeyUsage=clientAuth\n")

"""A web server and an npm registry on 127.0.0.1."""

import base64
import functools
import hashlib
import io
import json
import os
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, *_):
        """Nothing on the terminal."""


class Resumable(Quiet):
    """Sends parts of files when asked for them, as the servers of large files do."""

    def send_head(self):
        """The file, or the part that is asked for."""
        asked = self.headers.get("Range")
        if asked is None:
            return super().send_head()
        content = Path(self.translate_path(self.path)).read_bytes()
        first = int(asked.removeprefix("bytes=").split("-")[0])
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.send_header(
            "Last-Modified", self.date_time_string(os.stat(self.translate_path(self.path)).st_mtime)
        )
        self.end_headers()
        return io.BytesIO(content[first:])

    def end_headers(self):
        """Say that parts are sent."""
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()


class Truncating(Quiet):
    """A server that closes too early."""

    def copyfile(self, source, outputfile):
        """Announce the whole file, send half of it."""
        content = source.read()
        outputfile.write(content[: len(content) // 2])


@contextmanager
def serve(folder: Path, handler=Quiet):
    """Serve a folder; gives the server's address."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def npm_registry(folder: Path, package: str, version: str, archive: bytes):
    """An npm registry with one package, in the registry's own format."""
    folder.mkdir(exist_ok=True)
    file = "archive.tgz"
    (folder / file).write_bytes(archive)

    class Registry(Quiet):
        def do_GET(self):
            if self.path.strip("/").replace("%2f", "/") == package:
                self.path = "/packument.json"
            super().do_GET()

    with serve(folder, Registry) as address:
        integrity = base64.b64encode(hashlib.sha512(archive).digest()).decode()
        dist = {"tarball": f"{address}/{file}", "integrity": f"sha512-{integrity}"}
        packument = {
            "name": package,
            "dist-tags": {"latest": version},
            "versions": {version: {"name": package, "version": version, "dist": dist}},
        }
        (folder / "packument.json").write_text(json.dumps(packument))
        yield address

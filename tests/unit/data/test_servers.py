"""Servers that misbehave: a download is gone on with, tried again, given up; a wrong file is never kept."""

import hashlib
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from modality_gap.data import downloads
from modality_gap.data.downloads import fetch

CONTENT = b"\x93NUMPY" + bytes(range(256)) * 400
HASH = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"


class Server(BaseHTTPRequestHandler):
    """Answers each request by the next of its `answers`, the last one from then on."""

    protocol_version = "HTTP/1.1"
    answers, asked = (), []

    def log_message(self, *_):
        """Nothing on the terminal."""

    def do_GET(self):
        number = len(self.asked)
        self.asked.append((self.path, self.headers.get("Range")))
        self.close_connection = True
        self.answers[min(number, len(self.answers) - 1)](self)

    def send(self, content, status=200, length=None, **headers):
        """An answer with a length, its own or another one."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(*answers):
    """A server of these answers; gives its address, and what it was asked for."""
    handler = type("Handler", (Server,), {"answers": answers, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """How long is waited before each further attempt, told and not done."""
    told = []
    monkeypatch.setattr(downloads.time, "sleep", told.append)
    return told


def well(server):
    server.send(CONTENT, ETag='"1"', Accept_Ranges="bytes")


def half(server):
    server.send(CONTENT[:50_000], length=len(CONTENT), ETag='"1"', Accept_Ranges="bytes")


def rest(server):
    first = int(server.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert server.headers["If-Range"] == '"1"'
    where = f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"
    server.send(CONTENT[first:], 206, Content_Range=where, ETag='"1"')


def status(code, **headers):
    return lambda server: server.send(b"no", code, **headers)


def closes(server):
    """At once, without a word."""


def garbage(server):
    server.wfile.write(b"\x00\x01garbage\xff" * 20)


def chunks(*sent, ends):
    """In chunks, with the last one or without."""

    def answer(server):
        server.send_response(200)
        server.send_header("Transfer-Encoding", "chunked")
        server.end_headers()
        for chunk in sent:
            server.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if ends:
            server.wfile.write(b"0\r\n\r\n")

    return answer


def whole_though_asked_for_a_part(server):
    server.send(CONTENT, 200, ETag='"1"', Accept_Ranges="bytes")


def another_part(server):
    server.send(CONTENT[:9], 206, Content_Range=f"bytes 0-8/{len(CONTENT)}", ETag='"1"')


def part_of_another_version(server):
    where = f"bytes 50000-{len(CONTENT) - 1}/{len(CONTENT)}"
    server.send(b"x" * (len(CONTENT) - 50_000), 206, Content_Range=where, ETag='"2"')


def to(address):
    return lambda server: server.send(b"", 302, Location=address)


# What the server answers, by turns, before all is well; and how often it is asked.
RECOVERS = {
    "closes early": ([half, rest], 2),
    "closes early, twice": ([half, half, rest], 3),
    "closes at once": ([closes, well], 2),
    "garbage instead of an answer": ([garbage, well], 2),
    "503 then well": ([status(503), status(503), well], 3),
    "429 then well": ([status(429, Retry_After="7"), well], 2),
    "503 in the middle": ([half, status(503), rest], 3),
    "parts are no longer sent": ([half, whole_though_asked_for_a_part], 2),
    "another part than asked for": ([half, another_part, well], 3),
    "another version in the middle": ([half, part_of_another_version, well], 3),
    "the part is out of range": ([half, status(416), well], 3),
    "chunks that break off": ([chunks(CONTENT[:9], ends=False), well], 2),
    "chunks": ([chunks(CONTENT[:9], CONTENT[9:], ends=True)], 1),
    "redirects to elsewhere": ([to("/elsewhere/y"), well], 2),
}


@pytest.mark.parametrize("hash", [HASH, None])
@pytest.mark.parametrize("case", RECOVERS)
def test_what_passes_is_waited_for(tmp_path, case, hash):
    answers, times = RECOVERS[case]
    with serving(*answers) as (address, asked):
        fetch({"url": f"{address}/x.npy", "hash": hash}, tmp_path / "x.npy", None)
    assert (tmp_path / "x.npy").read_bytes() == CONTENT
    assert len(asked) == times
    assert {path.name for path in tmp_path.iterdir()} <= {"x.npy", "x.npy.sha256"}


def test_only_what_is_missing_is_asked_for(tmp_path):
    with serving(half, rest) as (address, asked):
        fetch({"url": f"{address}/x.npy", "hash": None}, tmp_path / "x.npy", None)
    assert asked == [("/x.npy", None), ("/x.npy", "bytes=50000-")]


def without_length(server):
    """As before HTTP/1.1: the file ends where the connection does."""
    server.send_response(200)
    server.end_headers()
    server.wfile.write(CONTENT[:50_000])


# What the server answers for good, and what is said of it; how often it is asked, with a hash or not.
FAILS = {
    "404": (status(404), "the server has no such file .404", 1),
    "410": (status(410), "the server has no such file .410", 1),
    "403": (status(403), "download failed .403", 1),
    "503 for good": (status(503), "download failed .503", 4),
    "closes at once": (closes, "download failed", 4),
    "closes early": (half, "download failed", 4),
    "garbage": (garbage, "download failed", 4),
    "a web page": (lambda server: server.send(PAGE), "a web page, expected x.npy", 1),
    "nothing": (lambda server: server.send(b""), "the file is empty", 1),
    "another kind of file": (lambda server: server.send(b"\0" * 90), "begins with", 1),
    "chunks that break off": (chunks(CONTENT[:9], ends=False), "download failed", 4),
    "redirects to a web page": (
        lambda server: server.send(PAGE) if server.path == "/login" else to("/login")(server),
        "a web page, expected x.npy",
        2,
    ),
    "redirects in a circle": (to("/x.npy"), "Exceeded 30 redirects", 31),
    "redirects to no address": (to("file:///etc/hostname"), "No connection adapters", 1),
    "redirects to nowhere": (to("http://127.0.0.1:9/x"), "download failed", 4),
    "a part that nobody asked for": (another_part, "another part came than asked for", 4),
}


@pytest.mark.parametrize("hash", [HASH, None])
@pytest.mark.parametrize("case", FAILS)
def test_what_does_not_pass_is_given_up_and_nothing_is_recorded(tmp_path, case, hash):
    answer, said, times = FAILS[case]
    with (
        serving(answer) as (address, asked),
        pytest.raises((OSError, ValueError), match=said) as told,
    ):
        fetch({"url": f"{address}/x.npy", "hash": hash}, tmp_path / "x.npy", None)
    assert f"{address}/x.npy: " in str(told.value)
    assert "\n" not in str(told.value)
    assert len(asked) == times
    left = {path.name for path in tmp_path.iterdir()}
    assert left <= ({"x.npy.part", "x.npy.part.version"} if case == "closes early" else set())


@pytest.mark.parametrize(("hash", "said"), [(HASH, "sha256 is"), (None, "no hash is known")])
def test_a_file_that_may_have_ended_too_early_is_not_kept(tmp_path, hash, said):
    with (
        serving(without_length) as (address, _),
        pytest.raises((OSError, ValueError), match=said),
    ):
        fetch({"url": f"{address}/x.npy", "hash": hash}, tmp_path / "x.npy", None)
    assert not list(tmp_path.iterdir())


def test_a_wrong_length_is_a_failure(tmp_path):
    """Longer than announced: the file ends there, and its hash is another one."""
    with serving(lambda server: server.send(CONTENT, length=500)) as (address, _):
        source = {"url": f"{address}/x.npy", "hash": HASH}
        with pytest.raises(ValueError, match="truncated, damaged"):
            fetch(source, tmp_path / "x.npy", None)
    assert not list(tmp_path.iterdir())


def test_pauses_grow_and_are_those_that_the_server_asks_for(tmp_path, pauses):
    busy = status(503, Retry_After="7"), status(503), status(429, Retry_After="86400"), well
    with serving(*busy) as (address, _):
        fetch({"url": f"{address}/x.npy", "hash": HASH}, tmp_path / "x.npy", None)
    assert pauses == [7, 2 * downloads.PAUSE, downloads.PATIENCE]


def test_a_server_that_sends_drop_by_drop_is_given_up(tmp_path, monkeypatch):
    wait = threading.Event().wait

    def drops(server):
        server.send_response(200)
        server.send_header("Content-Length", str(len(CONTENT)))
        server.end_headers()
        for number in range(100):
            server.wfile.write(CONTENT[number : number + 1])
            wait(0.05)

    monkeypatch.setattr(downloads, "PATIENCE", 0.3)
    began = time.monotonic()
    with serving(drops) as (address, asked), pytest.raises(OSError, match="expected 1000 a second"):
        fetch({"url": f"{address}/x.npy", "hash": None}, tmp_path / "x.npy", None)
    assert len(asked) == downloads.ATTEMPTS
    assert time.monotonic() - began < 4


def test_a_server_that_does_not_answer_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.2)
    wait = threading.Event().wait
    with (
        serving(lambda server: wait(1)) as (address, asked),
        pytest.raises(OSError, match="download failed .*timed out"),
    ):
        fetch({"url": f"{address}/x.npy", "hash": None}, tmp_path / "x.npy", None)
    assert len(asked) == downloads.ATTEMPTS

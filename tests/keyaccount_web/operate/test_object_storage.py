"""A backup goes to object storage and back, by the protocol that S3 and its likes speak (a small server of our own here)."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow.fs as pafs
import pytest
from django.db import connections

from keyaccount.ledger.store.lock import writing
from keyaccount_web.access.roles import Right
from keyaccount_web.operate import doctor, health
from keyaccount_web.operate.backup import nightly
from keyaccount_web.operate.backup.make import back_up, last_backup, remember, verify
from keyaccount_web.operate.backup.manifest import manifests, read_manifest
from keyaccount_web.operate.backup.places import BackupError, Cloud, place_at


class Bucket(BaseHTTPRequestHandler):
    """One bucket: put, get, head, list, delete, uploads in parts; full once `room` is used up, and refuses if told to."""

    objects: dict[str, bytes] = {}  # noqa: RUF012 - shared by all requests
    parts: dict[str, dict[int, bytes]] = {}  # noqa: RUF012
    room = 1 << 30
    refuses = False
    goes_on = threading.Event()
    """Not set: it takes what is put and does not answer for the time being."""
    began = threading.Event()
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def where(self):
        told = urlsplit(self.path)
        return unquote(told.path).lstrip("/").partition("/")[2], parse_qs(told.query, keep_blank_values=True)

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return data
        whole = b""
        while data:
            size, _, data = data.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            if length == 0:
                break
            whole, data = whole + data[:length], data[length + 2 :]
        return whole

    def do_PUT(self):
        key, asked = self.where()
        data = self.body()
        self.began.set()
        self.goes_on.wait(20)
        if self.refuses:
            self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif sum(map(len, self.objects.values())) + len(data) > type(self).room:
            self.answer(507, b"<Error><Code>InsufficientStorage</Code></Error>")
        elif "uploadId" in asked:
            self.parts[asked["uploadId"][0]][int(asked["partNumber"][0])] = data
            self.answer(200, ETag='"part"')
        else:
            self.objects[key] = data
            self.answer(200, ETag='"whole"')

    def do_POST(self):
        key, asked = self.where()
        self.body()
        if "uploads" in asked:
            self.parts[key] = {}
            self.answer(
                200,
                f"<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>{key}</Key><UploadId>{key}</UploadId></InitiateMultipartUploadResult>".encode(),
            )
        elif "delete" in asked:
            self.answer(200, b"<DeleteResult/>")
        else:
            self.objects[key] = b"".join(
                data for _, data in sorted(self.parts.pop(asked["uploadId"][0]).items())
            )
            self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_GET(self):
        key, asked = self.where()
        if "list-type" in asked:
            prefix = asked.get("prefix", [""])[0]
            found = sorted(one for one in self.objects if one.startswith(prefix))
            rows = "".join(
                f"<Contents><Key>{one}</Key><Size>{len(self.objects[one])}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                for one in found
            )
            body = f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>{len(found)}</KeyCount>{rows}</ListBucketResult>"
            self.answer(200, body.encode(), Content_Type="application/xml")
        elif key not in self.objects:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif asked_range := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            start, end = map(int, asked_range.groups())
            self.answer(206, self.objects[key][start : end + 1])
        else:
            self.answer(200, self.objects[key])

    def do_HEAD(self):
        key, _ = self.where()
        if key and key not in self.objects:
            self.answer(404)
        else:
            self.answer(200, self.objects.get(key, b""), Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")

    def do_DELETE(self):
        key, _ = self.where()
        self.objects.pop(key, None)
        self.answer(204)


@contextmanager
def running(port=0):
    """The server, until it is switched off."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Bucket)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def keys(monkeypatch):
    Bucket.objects, Bucket.parts, Bucket.room = {}, {}, 1 << 30
    Bucket.refuses, Bucket.goes_on = False, threading.Event()
    Bucket.goes_on.set()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
    ):
        monkeypatch.setenv(name, value)


def address_at(port):
    return f"s3://bucket/nightly?endpoint_override=127.0.0.1:{port}&scheme=http&region=here"


@pytest.fixture
def address(keys):  # noqa: ARG001
    with running() as port:
        yield address_at(port)


class TestObjectStorage:
    def test_keeps_a_backup(self, installation, address):
        place = place_at(address)
        made = back_up(installation, place)
        assert manifests(place) == [made.manifest.name]
        assert read_manifest(place) == made.manifest
        assert verify(place, made.manifest) == []
        assert back_up(installation, place, keep=1).written == 0
        assert len(manifests(place)) == 1
        piece = made.manifest.files["files/ab/ab12"]
        Bucket.objects[f"nightly/{piece.name}"] = b"?" * piece.size
        assert verify(place, made.manifest) == [piece.name]

    def test_one_that_is_full_keeps_no_half(self, installation, address):
        Bucket.room = 60_000
        place = place_at(address)
        with pytest.raises(BackupError) as told:
            back_up(installation, place)
        assert told.value.code in ("backup.place", "backup.full")
        assert manifests(place) == []


@pytest.fixture
def scheduled(installation, monkeypatch, settings):
    """The small company's backup goes to an address each night; what stood of backups before stands again afterwards."""
    before = last_backup(installation.home)
    settings.HOME = installation.home
    monkeypatch.setattr(nightly, "this_installation", lambda: installation)
    monkeypatch.setattr(nightly, "place_at", Impatient)
    settings.BACKUP, told = "", []
    monkeypatch.setattr(nightly, "users_who_may", lambda right: [right])
    monkeypatch.setattr(nightly, "notify", lambda users, code, **_: told.append((*users, code)))

    def at(address):
        settings.BACKUP = address
        return told

    yield at
    remember(installation.home, **dict.fromkeys(last_backup(installation.home)) | before)


class Impatient(Cloud):
    """Asks once; in real life ten times, which takes six seconds where nobody listens."""

    def __init__(self, address):
        super().__init__(address)
        once = pafs.AwsStandardS3RetryStrategy(max_attempts=1)
        self.files = pafs.S3FileSystem(
            endpoint_override=parse_qs(urlsplit(address).query)["endpoint_override"][0],
            scheme="http",
            region="here",
            retry_strategy=once,
        )


def doctors(one):
    return {said.state: said for said in doctor.CHECKS[-1](one)}


class TestTheNightlyBackup:
    def test_of_a_storage_that_is_away_or_refuses_is_said_once_and_made_when_it_is_back(
        self, installation, scheduled, keys, caplog
    ):
        with running() as port:
            told = scheduled(address_at(port))
        nightly.make()  # nobody listens at the port
        failed = nightly.failure(installation.home)
        assert (failed["times"], failed["code"]) == (1, "backup.place")
        assert "tried again in half an hour" in caplog.text
        assert "secret" not in caplog.text
        assert told == [(Right.MANAGE_USERS, "notice.backup_failed")]
        said = doctors(installation)["failed"]
        assert said.level == "bad"
        assert all("connect" in said.text(lang) and said.to_do(lang) for lang in ("zh", "en"))
        assert health.CHECKS["backup"]() is False
        with running(port):
            Bucket.refuses = True
            nightly.make_again()
            assert nightly.failure(installation.home)["times"] == 2
            assert nightly.failure(installation.home)["since"] == failed["since"]
            assert len(told) == 1
            Bucket.refuses = False
            nightly.make_again()
            assert len(manifests(place_at(address_at(port)))) == 1
            assert told[1:] == [(Right.MANAGE_USERS, "notice.backup_works")]
            assert "failed" not in doctors(installation)
            assert health.CHECKS["backup"]() is True
            nightly.make_again()  # nothing is left to do
            assert len(manifests(place_at(address_at(port)))) == 1

    def test_of_a_storage_that_is_slow_holds_up_neither_records_nor_imports(
        self, installation, scheduled, address
    ):
        scheduled(address)
        Bucket.goes_on.clear()
        Bucket.began.clear()

        def make():
            try:
                nightly.make()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(make)
            try:
                assert Bucket.began.wait(10), making.exception(1)
                with connections[installation.alias].cursor() as cursor:
                    cursor.execute("UPDATE know_account SET remark = remark")
                    assert cursor.rowcount > 0
                with writing(installation.store.folder, None, "import", lambda _: pytest.fail("waits")):
                    pass
                assert not making.done()
            finally:
                Bucket.goes_on.set()
            making.result(20)
        assert nightly.failure(installation.home) == {}
        assert len(manifests(place_at(address))) == 1

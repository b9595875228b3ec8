"""A backup goes to object storage and back, by the protocol that S3 and its likes speak (a small server of our own here)."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from keyaccount_web.operate.backup.make import back_up, verify
from keyaccount_web.operate.backup.manifest import manifests, read_manifest
from keyaccount_web.operate.backup.places import BackupError, place_at


class Bucket(BaseHTTPRequestHandler):
    """One bucket: put, get, head, list, delete, uploads in parts; full once `room` is used up."""

    objects: dict[str, bytes] = {}  # noqa: RUF012 - shared by all requests
    parts: dict[str, dict[int, bytes]] = {}  # noqa: RUF012
    room = 1 << 30
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
        if sum(map(len, self.objects.values())) + len(data) > type(self).room:
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


@pytest.fixture
def address(monkeypatch):
    Bucket.objects, Bucket.parts, Bucket.room = {}, {}, 1 << 30
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
    ):
        monkeypatch.setenv(name, value)
    port = server.server_address[1]
    yield f"s3://bucket/nightly?endpoint_override=127.0.0.1:{port}&scheme=http&region=here"
    server.shutdown()
    server.server_close()


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

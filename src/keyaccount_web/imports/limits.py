"""How large may a file be that somebody brings?"""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class LimitedUpload(FileUploadHandler):
    """Stops reading where a file grows beyond the limit, before the disk is full; the view then says so."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        self._size += len(raw_data)
        if self._size > settings.UPLOAD_LIMIT:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None

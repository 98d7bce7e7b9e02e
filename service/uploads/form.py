"""An upload that is a form: its parts are told apart while the bytes come in, and files go straight to disk."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.conventions.problems import Problem
from service.month.asked import TEXTS, SentFile
from service.uploads.receiving import FILES, KINDS, USAGE, Writing, kind_of, shown_name

_MOST_TEXT, _MOST_PARTS = 4_096, 64


class UploadForm:
    """Takes a body of multipart/form-data. content_type: the header, which names the boundary; given: names that the
    address has said already.
    """

    def __init__(self, folder: Path, content_type: str, given: Container[str] = ()) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise Problem(400, "form_unreadable", "Content-Type", pointer="")
        self.texts: dict[str, str] = {}
        self.files: list[SentFile] = []
        self._folder, self._given, self._parts, self._whole = folder, given, 0, False
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = self._text = b""
        self._name = ""
        self._writing: Writing | None = None
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError:
            raise Problem(400, "form_unreadable", "Content-Type", pointer="") from None

    def take(self, block: bytes) -> None:
        """The next bytes of the body; Problem 400 where they are no form."""
        try:
            self._parser.write(block)
        except FormParserError:
            raise Problem(400, "form_unreadable", "body", pointer="") from None

    def finish(self) -> None:
        """The body has ended; Problem where the form has not, or holds no usage."""
        if not self._whole:
            raise Problem(400, "form_cut", "body", pointer="")
        if not any(file.part == USAGE for file in self.files):
            raise Problem(422, "missing_field", USAGE, pointer="", key=USAGE)

    def close(self) -> None:
        """Let go of a file that is still open."""
        if self._writing is not None:
            self._writing.close()

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._more_field,
            "on_header_value": self._more_value,
            "on_header_end": self._header,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._ended,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Problem(422, "form_parts", "body", pointer="", most=_MOST_PARTS)
        self._headers, self._text, self._name = {}, b"", ""

    def _more_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _more_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _open(self) -> None:
        """A part's headers are read: what it is called, and whether it is a file."""
        disposition = parse_options_header(self._headers.get(b"content-disposition", b""))[1]
        self._name = disposition.get(b"name", b"").decode("utf-8", "replace")
        self._check_name()
        if self._name in FILES and disposition.get(b"filename") != b"":
            said = disposition.get(b"filename", b"").decode("utf-8", "replace")
            media_type = parse_options_header(self._headers.get(b"content-type", b""))[0].decode("latin-1")
            kind = kind_of(said, media_type, (".csv",) if self._name == "platforms" else KINDS)
            shown = self._once(shown_name(said, self._name, kind))
            self._writing = Writing(self._folder, self._name, shown, kind, len(self.files) + 1)

    def _check_name(self) -> None:
        """Problem 422 where a part is not known, or one that may stand once stands twice."""
        again = any(file.part == self._name != USAGE for file in self.files)
        if not (self._name in FILES or self._name in TEXTS):
            known, part = ", ".join((*FILES, *TEXTS)), self._name[:64]
            raise Problem(422, "form_part_unknown", part, pointer="", part=part, known=known)
        if again:
            raise Problem(422, "form_part_twice", self._name, pointer="", part=self._name)

    def _once(self, shown: str) -> str:
        """A name that no other file has, so that a refusal says which file it is of."""
        taken = {file.said for file in self.files}
        return next(name for name in (shown, *(f"{n} {shown}" for n in range(2, _MOST_PARTS + 2))) if name not in taken)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._writing is not None:
            self._writing.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MOST_TEXT:
            raise Problem(422, "form_text_long", self._name, pointer="", part=self._name, most=_MOST_TEXT)

    def _end(self) -> None:
        if self._writing is not None:
            self.files.append(self._writing.finish())
            self._writing = None
            return
        if self._name in FILES:  # a field of a page in which no file was chosen
            if self._text:
                kind_of("", "")
            return
        try:
            text = self._text.decode("utf-8")
        except UnicodeDecodeError:
            raise Problem(400, "form_unreadable", self._name, pointer="") from None
        if self._name in self._given or self._name in self.texts:
            raise Problem(422, "query_twice", self._name, pointer="", key=self._name)
        self.texts[self._name] = text

    def _ended(self) -> None:
        self._whole = True

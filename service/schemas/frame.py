"""What the models have in common: marks, titles, sentences in two languages, and their JSON schemas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

REF = "#/components/schemas/{model}"

Month = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2025-08"])]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2025-11-30"])]
Time = Annotated[str, Field(description="RFC 3339, in China's time", examples=["2026-11-26T12:00:00+08:00"])]
Hash = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Seal = Annotated[str, Field(pattern=r"^(hmac-)?sha256:[0-9a-f]{64}$")]  # plain in entries of earlier programs
Region = Annotated[str, Field(description="GB/T 2260, six digits", examples=["500000"])]
Whole = Annotated[int, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Status = Literal["enacted", "provisional", "draft", "demonstration"]
Evidence = Literal["primary", "quoted", "derived", "memory", "none"]
Lang = Literal["en", "zh"]


class Asked(BaseModel):
    """Of a request: an unknown key is refused by name, but for own additions that begin with x_."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"patternProperties": {"^x_": {}}})


class Said(BaseModel):
    """Of an answer. Later versions may add keys."""

    model_config = ConfigDict(strict=True, extra="allow")


class Title(Said):
    """A name in both languages."""

    en: str
    zh: str


class Sentence(Said):
    """A code with its sentence in both languages."""

    code: str
    message: str
    message_zh: str


def definitions(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """JSON schemas of models and of all that they are made of, by name."""
    asked = [(model, "validation") for model in models]
    _, found = models_json_schema(asked, ref_template=REF)  # type: ignore[arg-type]  # a list of literal modes
    defined: dict[str, Any] = found["$defs"]
    return defined

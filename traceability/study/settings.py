"""The base of every section of the configuration; rules' environments need no more than pydantic for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: Where the raw tables of a measuring chapter come from.
Source = Literal["measured", "published"]


class Settings(BaseModel):
    """Base of every configuration section: unknown keys refused, values fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

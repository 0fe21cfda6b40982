"""What the sections of a study are made of: strict types, each bound with its meaning.

Types check; jobs get the user's own values, with defaults filled in by `fill`, never a model's
dump: 1 stays a whole number, and a mapping keeps the user's order.
"""

import copy
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from modality_gap.study.errors import TAG, unknown_key

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()  # no default: left out


class Keys(BaseModel):
    """The keys of a mapping. A key whose default is ABSENT may be left out, and is then not there.

    ONE_OF: groups of keys of which exactly one group is there; NEEDS: key -> another that it needs.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = ()
    NEEDS: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def known_keys(cls, value: Any) -> Any:
        """Refuse another type than a mapping, unknown keys, and missing ones."""
        if not isinstance(value, dict):
            raise PydanticCustomError("no_mapping", "")
        for key in sorted(value.keys() - cls.model_fields.keys()):
            expected = unknown_key(key, cls.model_fields)
            raise PydanticCustomError("unknown_key", "", {"key": key, "expected": expected})
        fields = cls.model_fields.items()
        missing = [key for key, field in fields if field.is_required() and key not in value]
        if missing:
            raise PydanticCustomError("missing_keys", "missing " + ", ".join(missing))
        return value

    @model_validator(mode="after")
    def go_together(self) -> "Keys":
        """Refuse keys that do not go together."""
        given = self.model_fields_set
        groups = [{*group} for group in self.ONE_OF]
        if groups and given & set.union(*groups) not in groups:
            ways = ", ".join(" with ".join(group) for group in self.ONE_OF)
            raise PydanticCustomError("one_of", f"expected exactly one of {ways}")
        for key, needed in self.NEEDS.items():
            if key in given and needed not in given:
                raise PydanticCustomError("needs", f"{needed!r} is a dependency of {key!r}")
        return self


def said(holds: Callable[[Any], bool], expected: str) -> AfterValidator:
    """A check whose failure says `value, expected …`."""

    def check(value: Any) -> Any:
        if not holds(value):
            raise PydanticCustomError("said", "expected {expected}", {"expected": expected})
        return value

    return AfterValidator(check)


def one_of(*values: Any) -> Any:
    """A type of these values; 1 is not True."""

    def check(value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            said = f"{value!r} is not one of {list(values)}"
            raise PydanticCustomError("not_one_of", "{said}", {"said": said})
        return value

    return Annotated[Any, AfterValidator(check)]


def distinct(items: Any, least: int = 1, most: int | None = None) -> Any:
    """A type of lists of different items."""

    def check(value: list) -> list:
        for number, item in enumerate(value):
            if item in value[:number]:
                said = repr(item).removesuffix(".0")  # a whole number among others
                raise PydanticCustomError("twice", "{said} stands twice", {"said": said})
        return value

    return Annotated[list[items], Field(min_length=least, max_length=most), AfterValidator(check)]


def by(key: str, kinds: dict[str, type[Keys]]) -> Any:
    """A type of mappings of several kinds, which a key tells apart."""

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError("no_mapping", "")
        if key not in value:
            raise PydanticCustomError("missing_keys", f"missing {key}")
        if value[key] not in list(kinds):
            said = f"{value[key]!r} is not one of {list(kinds)}"
            raise PydanticCustomError("not_one_of", "{said}", {"said": said, "key": key})
        return value

    tagged = [Annotated[model, Tag(f"{TAG}{name}")] for name, model in kinds.items()]
    tags = Discriminator(lambda value: f"{TAG}{value[key]}")
    return Annotated[union_of(tagged), tags, BeforeValidator(check), Kinds(key, kinds)]


class Kinds:
    """Which model a mapping of several kinds has."""

    def __init__(self, key: str, kinds: dict[str, type[Keys]]):
        self.key, self.kinds = key, kinds


def union_of(types: list) -> Any:
    """The union of types."""
    found = types[0]
    for other in types[1:]:
        found = found | other
    return found


def text_or(other: Any, text: Any) -> Any:
    """A type of text, or of something that is no text."""
    tags = [Annotated[text, Tag(f"{TAG}text")], Annotated[other, Tag(f"{TAG}other")]]

    def kind(value: Any) -> str:
        return f"{TAG}other" if isinstance(value, dict | list) else f"{TAG}text"

    return Annotated[tags[0] | tags[1], Discriminator(kind)]


def one_or_several(item: Any) -> Any:
    """A type of one item, or of a list of two or more different ones."""
    one, several = (
        Annotated[item, Tag(f"{TAG}one")],
        Annotated[distinct(item, 2), Tag(f"{TAG}many")],
    )
    kind = Discriminator(lambda value: f"{TAG}{'many' if isinstance(value, list) else 'one'}")
    return Annotated[one | several, kind]


def fill(expected: Any, value: Any) -> None:
    """Fill a user's own mapping, and those in it, with the defaults of their keys."""
    kinds = [part for part in get_args(expected) if isinstance(part, Kinds)]
    if get_origin(expected) is Annotated:
        expected = get_args(expected)[0]
    if kinds:
        expected = kinds[0].kinds[value[kinds[0].key]]
    if get_origin(expected) is dict and isinstance(value, dict):
        for entry in value.values():
            fill(get_args(expected)[1], entry)
    elif isinstance(expected, type) and issubclass(expected, Keys) and isinstance(value, dict):
        for key, field in expected.model_fields.items():
            if not field.is_required() and field.default is not ABSENT:
                value.setdefault(key, copy.deepcopy(field.default))
            if key in value:
                annotation = field.annotation
                if field.metadata:
                    annotation = Annotated[(annotation, *field.metadata)]
                fill(annotation, value[key])


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
TEMPLATE = re.compile(r"([^{}]*\{\})+[^{}]*")
SHA256 = re.compile(r"[0-9a-f]{64}")
HASH = re.compile(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, said(NAME.fullmatch, "a name of letters, digits, _, - and ., 100 at most")]
Names = distinct(Name)
ThreeNames = distinct(Name, least=3)  # of runs that make a curve
Template = Annotated[str, said(TEMPLATE.fullmatch, "a text with {} in it, and no other braces")]
Templates = distinct(Template)
Address = Annotated[
    str, said(re.compile(r"https?://.+").match, "an address that begins with http:// or https://")
]
Sha256 = Annotated[str, said(SHA256.fullmatch, "64 hexadecimal digits, in small letters")]
Hash = Annotated[str, said(HASH.fullmatch, "md5:, sha256: or sha512: and hexadecimal digits")]
Texts = Annotated[list[Text], Field(min_length=1)]
Prompts = Annotated[dict[str, text_or(Texts, Text)], Field(min_length=1)]
Classes = Annotated[dict[str, text_or(Texts, Text)], Field(min_length=2)]  # prompts of each
Count = Annotated[int, Field(ge=1)]
Several = Annotated[int, Field(ge=2)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Share = Annotated[float, Field(gt=0, lt=1)]
VarianceShare = Annotated[float, Field(gt=0, le=1)]  # 1: all of it
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Temperature = Annotated[float, Field(ge=0.01)]  # τ; CLIP's own bound
Bits = distinct(Annotated[int, Field(ge=2, le=16)])
Deviations = distinct(Positive, most=6)  # a colour each
Moves = distinct(one_of("both", "images", "texts"))
Precision = one_of("auto", "float32", "bfloat16")
Alphas = Annotated[
    distinct(float, least=2), said(lambda found: {0, 1} <= {*found}, "0 and 1 among them")
]  # α, shares of closing the gap
TextOrNull = Annotated[
    Any, said(lambda value: value is None or isinstance(value, str), "text (in quotes), or null")
]
ShareOrNull = Annotated[
    Any,
    said(
        lambda value: value is None or (type(value) in (int, float) and 0 < value <= 1),
        "a number above 0 and at most 1, or null",
    ),
]
OfTask = Annotated[
    str, said(lambda text: text == "task", "task, or corpus and split")
]  # the gap of the task itself
AllowedValues = dict[str, distinct(TextOrNull)]


class Shifts(Keys):
    """Evenly spaced shifts along the gap, in lengths of it."""

    first: float
    last: float
    number: Several


class CorpusSplit(Keys):
    """A split of a corpus."""

    corpus: Name
    split: Name

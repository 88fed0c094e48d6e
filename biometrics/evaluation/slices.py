"""Which pictures are compared with which: the slices of the report.

A picture without an age is taken for an adult's. A comparison is made as the system makes it: at
one age, that of the person on the reference (the picture that comes first in the manifest).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from biometrics.cohort import ADULT_FROM_YEARS
from biometrics.evaluation.intervals import Ints
from biometrics.evaluation.manifest import Picture

Mask = NDArray[np.bool_]

CHILD_GAP_YEARS = 2
ADULT_GAP_YEARS = 5
ELDER_FROM_YEARS = 60
BLOCK_ROWS = 1000
MEAN_OF = 3
_SEED = 3


@dataclass(frozen=True, slots=True)
class Block:
    """References (rows) against probes (columns; each is one or more pictures), all at one age."""

    age: int | None
    rows: Ints
    probes: Ints
    """Pictures: probes × pictures of one probe."""
    genuine: Mask
    impostor: Mask


@dataclass(frozen=True)
class Slice:
    """Pictures that are compared with each other."""

    name: str
    pictures: Ints
    """Rows of the gallery."""
    units: Ints
    """Of every picture of the gallery: the person, or the family."""
    blocks: Callable[[], Iterator[Block]] = field(repr=False)
    failed: int = 0
    """Further pictures in which no face was found."""

    @cached_property
    def present(self) -> Ints:
        """The units of the slice's pictures. Comparisons are counted by place in this: a gallery
        may have ten times as many units, and a table of each two of them a hundred times."""
        return np.unique(self.units[self.pictures])

    def units_of(self, pictures: Ints) -> Ints:
        """Places in `present`."""
        return np.searchsorted(self.present, self.units[pictures])


class Slicer:
    """Makes the slices of one gallery. `found`: pictures in which a face was found."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        found: Mask,
        relations: Sequence[tuple[str, str]] = (),
        doubles: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`doubles`: pairs of paths that are not compared, since they show one person."""
        self._found = found
        self.subjects = _numbered([picture.subject for picture in pictures])
        self.families = _numbered([picture.family or picture.subject for picture in pictures])
        self.ages = np.array([-1 if p.age is None else p.age for p in pictures])
        self.in_family = np.array([bool(picture.family) for picture in pictures])
        self._of_families = np.unique(self.subjects[self.in_family])
        counted = Counter(picture.subject for picture in pictures)
        self._repeated = np.array([counted[picture.subject] > 1 for picture in pictures])
        self.relatives = self._relatives(pictures, relations)
        self._doubles = _rows_of(doubles, pictures)

    def all(self) -> list[Slice]:
        """Every slice, in the order of the report; some may be without pictures."""
        strangers = (self.ages < 0) & ~self.in_family
        return [
            self.strangers(),
            self._of_means("adult_strangers_mean3", strangers),
            self.aged("adults_5y", ADULT_FROM_YEARS, ELDER_FROM_YEARS + 70, ADULT_GAP_YEARS),
            self.aged("elders", ELDER_FROM_YEARS, 200, ADULT_GAP_YEARS, alone=True),
            self.aged("age_11_15", 11, 15, CHILD_GAP_YEARS),
            self.aged("age_6_10", 6, 10, CHILD_GAP_YEARS),
            self.aged("age_0_5", 0, 5, CHILD_GAP_YEARS),
            self.aged("under_16", 0, 15, CHILD_GAP_YEARS),
            self.kin(),
        ]

    def named(self, name: str) -> Slice:
        """One of `all`."""
        return {slice_.name: slice_ for slice_ in self.all()}[name]

    def strangers(self) -> Slice:
        """People without age or family, against each other; there may be none."""
        return self._plain("adult_strangers", (self.ages < 0) & ~self.in_family)

    def band(self, youngest: int, oldest: int) -> Slice:
        """Everybody of an age band against everybody else in it, whatever the years between."""
        return self.aged(f"{youngest}-{oldest}", youngest, oldest, None, alone=True)

    def kin(self) -> Slice:
        """Genuine pairs in families; impostors are relatives."""
        chosen = self._rows(self.in_family)
        return Slice(
            "kin",
            chosen,
            self.families,
            lambda: self._kin_blocks(chosen, self._related()),
            self._failed(self.in_family),
        )

    def strangers_of_kin(self) -> Slice:
        """The same people against those of other families."""
        chosen = self._rows(self.in_family)
        return Slice("kin_strangers", chosen, self.families, lambda: self._kin_blocks(chosen, None))

    def _failed(self, mask: Mask) -> int:
        return int((mask & ~self._found).sum())

    def _rows(self, mask: Mask) -> Ints:
        return np.flatnonzero(mask & self._found)

    def _plain(self, name: str, mask: Mask) -> Slice:
        chosen = self._rows(mask)
        return Slice(
            name,
            chosen,
            self.subjects,
            lambda: self._blocks_at(None, chosen, chosen),
            self._failed(mask),
        )

    def aged(
        self, name: str, youngest: int, oldest: int, gap: int | None, *, alone: bool = False
    ) -> Slice:
        """People of an age, at most `gap` years apart. `alone`: those with one picture, too."""
        mask = (self.ages >= youngest) & (self.ages <= oldest)
        mask = mask if alone else mask & self._repeated
        chosen = self._rows(mask)

        def blocks() -> Iterator[Block]:
            for age in np.unique(self.ages[chosen]):
                rows = chosen[self.ages[chosen] == age]
                yield from self._blocks_at(int(age), rows, chosen, gap)

        return Slice(name, chosen, self.subjects, blocks, self._failed(mask))

    def _blocks_at(
        self, age: int | None, rows: Ints, columns: Ints, gap: int | None = None
    ) -> Iterator[Block]:
        """Each pair once: the one that comes first in the manifest is the reference."""
        for start in range(0, len(rows), BLOCK_ROWS):
            part = rows[start : start + BLOCK_ROWS]
            wanted = columns[None] > part[:, None]
            if gap is not None:
                wanted &= np.abs(self.ages[columns][None] - self.ages[part][:, None]) <= gap
            self._leave_out_doubles(wanted, part, columns)
            same = self.subjects[part][:, None] == self.subjects[columns][None]
            yield Block(age, part, columns[:, None], wanted & same, wanted & ~same)

    def _leave_out_doubles(self, wanted: Mask, rows: Ints, columns: Ints) -> None:
        at_row = {row: place for place, row in enumerate(rows.tolist())}
        at_column = {row: place for place, row in enumerate(columns.tolist())}
        for one, other in self._doubles:
            if one in at_row and other in at_column:
                wanted[at_row[one], at_column[other]] = False

    def _of_means(self, name: str, mask: Mask) -> Slice:
        """Each picture of a person with four or more is a reference once; the probe is made of
        three others of that person, drawn with a fixed seed. A person of whom a face was missed in
        so many pictures that fewer are left is not compared, but counts among the failures."""
        chosen = self._rows(mask)
        random = np.random.default_rng(_SEED)
        references, probes = [], []
        for subject in np.unique(self.subjects[chosen]):
            own = chosen[self.subjects[chosen] == subject]
            for reference in own if len(own) > MEAN_OF else ():
                references.append(reference)
                probes.append(random.choice(own[own != reference], MEAN_OF, replace=False))
        rows = np.array(references, np.intp)
        together = np.array(probes, np.intp).reshape(-1, MEAN_OF)
        given = np.bincount(self.subjects[mask], minlength=self.subjects.max(initial=0) + 1)
        failed = self._failed(mask & (given[self.subjects] > MEAN_OF))
        return Slice(name, rows, self.subjects, lambda: self._mean_blocks(rows, together), failed)

    def _mean_blocks(self, rows: Ints, probes: Ints) -> Iterator[Block]:
        of_probe = self.subjects[probes[:, 0]]
        for start in range(0, len(rows), BLOCK_ROWS):
            part = rows[start : start + BLOCK_ROWS]
            same = self.subjects[part][:, None] == of_probe[None]
            own = np.arange(start, start + len(part))[:, None] == np.arange(len(rows))[None]
            yield Block(None, part, probes, own, ~same)

    def _kin_blocks(self, chosen: Ints, related: Mask | None) -> Iterator[Block]:
        for block in self._blocks_at(None, chosen, chosen):
            columns = block.probes[:, 0]
            if related is None:
                families = self.families[block.rows][:, None], self.families[columns][None]
                apart = (families[0] != families[1]) & block.impostor
            else:
                people = self._in_families(block.rows), self._in_families(columns)
                apart = related[people[0][:, None], people[1][None]] & block.impostor
            yield Block(None, block.rows, block.probes, block.genuine, apart)

    def _relatives(
        self, pictures: Sequence[Picture], relations: Sequence[tuple[str, str]]
    ) -> dict[int, set[int]]:
        """By subject; only within a family, and nobody is related to themselves."""
        numbers = {p.subject: n for p, n in zip(pictures, self.subjects.tolist(), strict=True)}
        families = {p.subject: p.family for p in pictures}
        found: dict[int, set[int]] = {}
        for one, other in relations:
            if one != other and families.get(one) and families[one] == families.get(other):
                found.setdefault(numbers[one], set()).add(numbers[other])
                found.setdefault(numbers[other], set()).add(numbers[one])
        return found

    def _related(self) -> Mask:
        """Whether two people are related, by their places among the people of families."""
        size = len(self._of_families)
        related = np.zeros((size, size), bool)
        for one, others in self.relatives.items():
            places = np.searchsorted(self._of_families, [one, *others])
            related[places[0], places[1:]] = True
        return related

    def _in_families(self, pictures: Ints) -> Ints:
        """Places among the people of families."""
        return np.searchsorted(self._of_families, self.subjects[pictures])


def _rows_of(
    doubles: Sequence[tuple[str, str]], pictures: Sequence[Picture]
) -> list[tuple[int, int]]:
    """Pairs of paths as pairs of rows, the earlier first; a path may stand in several rows."""
    rows: dict[str, list[int]] = {}
    for row, picture in enumerate(pictures):
        rows.setdefault(picture.path, []).append(row)
    return sorted(
        {
            (min(one, other), max(one, other))
            for first, second in doubles
            for one in rows.get(first, ())
            for other in rows.get(second, ())
            if one != other
        }
    )


def _numbered(names: Sequence[str]) -> Ints:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.intp)

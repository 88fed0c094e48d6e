"""Error rates of attack detection, per kind of attack, as ISO/IEC 30107-3 names them: APCER, the
share of attacks taken for live; BPCER, the share of live presentations turned away; IAPAR, the
share of attacks that also pass the face comparison. A rate from few presentations shows little: its
interval says how little."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biometrics.evaluation.intervals import clopper_pearson

SUPPORTED_BY = 30
"""Presentations below which a rate is called not supported: none of 30 still allows one in ten."""
BPCER_ASKED = 0.05


@dataclass(frozen=True, slots=True)
class Presentation:
    """One picture, clip or session. `score`: the log-likelihood ratio for life; None where nothing
    could be judged, which never passes."""

    path: str
    is_attack: bool
    species: str
    subject: str
    score: float | None
    passes: bool
    """At the limit that is used."""
    refused: bool = True
    """Of what does not pass: False where it stayed undecided and that is to count as neither."""
    unreadable: bool = False
    """The file could not be decoded."""


def rates(presentations: Sequence[Presentation]) -> dict[str, Any]:
    """`bona_fide`, `species` (the worst first) and `undecided`, ready for report.json."""
    live = [item for item in presentations if not item.is_attack]
    attacks = [item for item in presentations if item.is_attack]
    limit = limit_at(live, BPCER_ASKED)
    species = {
        name: _species([item for item in attacks if item.species == name], limit, len(live))
        for name in dict.fromkeys(item.species for item in attacks)
    }
    worst_first = sorted(species.items(), key=lambda item: -item[1]["apcer"])
    return {
        "bona_fide": {
            "n": len(live),
            **_rate("bpcer", [not item.passes and item.refused for item in live]),
        },
        "species": dict(worst_first),
        "undecided": sum(item.score is None for item in presentations),
        "limit_at_bpcer_5": limit,
    }


def limit_at(live: Sequence[Presentation], share: float) -> float | None:
    """The score that at most this share of the live presentations stays below; None where too many
    of them could not be judged at all."""
    if not live:
        return None
    scores = sorted(-np.inf if item.score is None else item.score for item in live)
    limit = scores[int(share * len(scores))]
    return float(limit) if np.isfinite(limit) else None


def iapar(attacks: Sequence[tuple[str, bool]], measurable: bool) -> dict[str, Any]:
    """The share of attacks, as pairs of species and whether one passes and matches too."""
    every = [passed for _, passed in attacks] if measurable else []
    species = {
        name: {
            "n": sum(kind == name for kind, _ in attacks),
            **_rate("iapar", [passed for kind, passed in attacks if measurable and kind == name]),
        }
        for name in dict.fromkeys(kind for kind, _ in attacks)
    }
    passed = sum(every) if measurable else None
    return {"n": len(attacks), "passed": passed, **_rate("iapar", every), "species": species}


def _species(attacks: Sequence[Presentation], limit: float | None, live: int) -> dict[str, Any]:
    passed = [
        item.score is not None and limit is not None and item.score >= limit for item in attacks
    ]
    at_limit = _rate("apcer_at_bpcer_5", passed if limit is not None else [])
    at_limit["apcer_at_bpcer_5_supported"] &= live >= SUPPORTED_BY  # the limit is theirs
    return {
        "n": len(attacks),
        **_rate("apcer", [item.passes for item in attacks]),
        **at_limit,
        "not_judged": sum(item.score is None for item in attacks),
    }


def _rate(name: str, errors: Sequence[bool]) -> dict[str, Any]:
    """The rate, its 95 % interval, and whether so few can show one."""
    if not errors:
        return {name: None, f"{name}_interval": None, f"{name}_supported": False}
    interval = clopper_pearson(sum(errors), len(errors))
    return {
        name: sum(errors) / len(errors),
        f"{name}_interval": list(interval),
        f"{name}_supported": len(errors) >= SUPPORTED_BY,
    }


def in_words(report: Mapping[str, Any]) -> list[str]:
    """The table of a report, as Markdown."""
    live = report["bona_fide"]
    lines = [
        "| presentation | n | turned away or passed | 95 % | at BPCER 5 % | 95 % |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| bona fide (BPCER) | {live['n']} | {_cells(live, 'bpcer')} | – | – |",
    ]
    for name, found in report["species"].items():
        at_limit = _cells(found, "apcer_at_bpcer_5")
        lines.append(f"| {name} (APCER) | {found['n']} | {_cells(found, 'apcer')} | {at_limit} |")
    return [*lines, "", f"Could not be judged (never passes): {report['undecided']}."]


def _cells(found: Mapping[str, Any], name: str) -> str:
    if found[name] is None:
        return "– | –"
    low, high = found[f"{name}_interval"]
    weak = "" if found[f"{name}_supported"] else ", not supported by n"
    return f"{100 * found[name]:.1f} % | {100 * low:.1f}–{100 * high:.1f}{weak}"

"""The table that a run ends with."""

from dataclasses import dataclass


@dataclass
class Figure:
    name: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    target: str = ""
    #: None: not measured, or without a target.
    met: bool | None = None


def not_measured(name, target, why):
    return Figure(name, "not measured", why, None, target)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def render(figures):
    """Markdown that is readable as it is."""
    rows = [("figure", "ours", "peer", "ours : peer", "target", "")]
    for figure in figures:
        verdict = "" if figure.met is None else "met" if figure.met else "MISSED"
        rows.append((figure.name, figure.ours, figure.peer, "" if figure.ratio is None else f"{figure.ratio:.2f}", figure.target, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)

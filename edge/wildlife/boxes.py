"""Rectangles in a picture: x1, y1, x2, y2 in px. Pure."""

BoxPx = tuple[float, float, float, float]


def area(box: BoxPx) -> float:
    """In px squared; 0 for a box inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def common(a: BoxPx, b: BoxPx) -> float:
    """The area that both cover."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def overlap(a: BoxPx, b: BoxPx) -> float:
    """Intersection over union."""
    shared = common(a, b)
    union = area(a) + area(b) - shared
    return shared / union if union > 0 else 0.0


def within(inner: BoxPx, outer: BoxPx) -> bool:
    """Whether the first lies wholly in the second."""
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def centre(box: BoxPx) -> tuple[float, float]:
    """x, y in px."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

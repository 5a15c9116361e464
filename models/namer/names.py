"""The names a crop can get, and which ImageNet classes say so before anything of ours was learnt."""

NAMES = (
    "monkey", "person", "bear", "boar", "deer", "raccoon", "dog", "cat", "other_animal", "nothing",
)  # fmt: skip

_PRIMATES = range(365, 383)  # orangutan to squirrel monkey; lemurs (383, 384) look too much like raccoons
_PEOPLE = range(981, 984)  # ball player, groom, diver: ImageNet has no class of its own for people
_BEARS = range(294, 298)
_BOARS = range(341, 343)  # hog, wild boar: the only source for "boar", of which no box of ours exists
_DEER = range(351, 354)  # antelopes, the nearest that ImageNet has
_DOGS = range(151, 269)
_CATS = range(281, 286)
_ANIMALS = range(398)

_NAMED = {
    "monkey": _PRIMATES, "person": _PEOPLE, "bear": _BEARS, "boar": _BOARS, "deer": _DEER, "dog": _DOGS, "cat": _CATS,
}  # fmt: skip
_TAKEN = frozenset(number for group in _NAMED.values() for number in group)

GROUPS: dict[str, tuple[int, ...]] = {
    **{name: tuple(group) for name, group in _NAMED.items()},
    "raccoon": (387,),  # red panda; ImageNet has no raccoon
    "other_animal": tuple(n for n in _ANIMALS if n not in _TAKEN and n != 387),
    "nothing": tuple(n for n in range(398, 1000) if n not in _TAKEN),
}
"""ImageNet class numbers of each name; every class belongs to exactly one."""

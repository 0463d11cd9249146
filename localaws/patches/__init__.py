"""What AWS does and moto does not: patches of moto, a file for each service.

Each patch says what AWS does and where AWS says so. It ends the program if moto does that by
itself by now, or has no such place to patch any more.
"""

import functools
import inspect
import sys


class Outdated(Exception):
    """A patch is not needed, or does not fit. The text names the place in moto."""


def apply(patch):
    """Applies a patch, or ends the program and says which patch is outdated."""
    try:
        patch()
    except Outdated as place:
        sys.exit(
            f"emulator: the patch {patch.__name__} is not needed with this moto, or does not fit it: see {place} and localaws/patches"
        )


def around(owner, name, unless):
    """Puts a function around a method of moto. The function gets the method as its first argument.

    A method whose source has the text unless does by itself what the patch is for.
    """
    method = getattr(owner, name, None)
    if method is None or unless in source(method):
        raise Outdated(f"{owner.__name__}.{name}")

    def install(function):
        @functools.wraps(method)
        def patched(*args, **kwargs):
            return function(method, *args, **kwargs)

        patched.does = unless
        setattr(owner, name, patched)
        return function

    return install


def source(method):
    """Returns the source of a method of moto, and what the patches around it do."""
    if hasattr(method, "does"):
        return method.does + source(method.__wrapped__)
    return inspect.getsource(method)

"""Names of nodes and scopes: they become module names, so they must be able to."""

from __future__ import annotations

import keyword
import re

from searchengine.core.errors import InfeasibleArchitecture

_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")

# Attributes of torch.nn.Module: a child of one of these names would hide a method. `head` and `features`
# are methods of a built network and may all the same name a scope (see searchengine.nets.network).
_TAKEN = """
    T_destination add_module apply architecture bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters parameters_by_group register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type
    with_taps xpu zero_grad
"""
RESERVED = frozenset(_TAKEN.split())


def checked_name(name: object) -> str:
    """``name`` if every part between dots is an identifier that no keyword and no module attribute takes.

    Raises :class:`InfeasibleArchitecture` otherwise.
    """
    if not isinstance(name, str) or not name:
        raise InfeasibleArchitecture(f"a node's name must be a non-empty text, got {name!r}")
    for part in name.split("."):
        if not _PART.fullmatch(part):
            raise InfeasibleArchitecture(
                f"name {name!r}: each part must be a letter followed by at most 62 letters, digits or"
                f" underscores, got {part!r}"
            )
        if keyword.iskeyword(part) or part in RESERVED:
            raise InfeasibleArchitecture(
                f"name {name!r}: {part!r} is taken by Python or by modules; choose another"
            )
    return name


class Claims:
    """The names taken so far in one graph, and the containers their dots imply."""

    def __init__(self) -> None:
        self._nodes: set[str] = set()
        self._containers: set[str] = set()

    def free(self, name: str) -> str:
        """``name``, or with the smallest number from 2 behind it that makes it free."""
        number, candidate = 1, name
        while candidate in self._nodes or candidate in self._containers:
            number += 1
            candidate = f"{name}{number}"
        return candidate

    def claim(self, name: str) -> None:
        """Take ``name``. Raises :class:`InfeasibleArchitecture` if it cannot be a name, is taken, lies
        inside a layer, or is a container that holds layers."""
        checked_name(name)
        if name in self._nodes:
            raise InfeasibleArchitecture(f"two nodes are named {name!r}")
        if name in self._containers:
            raise InfeasibleArchitecture(f"{name!r} cannot be a layer and a scope that holds layers")
        outer, new = name.rpartition(".")[0], []
        while outer and outer not in self._containers:
            if outer in self._nodes:
                raise InfeasibleArchitecture(f"{outer!r} cannot be a layer and a scope that holds {name!r}")
            new.append(outer)
            outer = outer.rpartition(".")[0]
        self._containers.update(new)
        self._nodes.add(name)

"""The network as ONNX: one file, any batch, BatchNorm and generated kernels folded into plain
convolutions."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import onnx
import torch
from torch import Tensor
from torch._higher_order_ops.scan import scan

from searchengine.nets.network import Network

OPSET = 18


class OnnxFile(NamedTuple):
    """What was written: the numbers its initialisers hold, and the operator set."""

    numbers: int
    opset: int


def write_onnx(network: Network, inputs: dict[str, tuple[int, ...]], path: Path) -> OnnxFile:
    """Write ``network`` (in evaluation) with inputs of these names and shapes (without the batch axis).

    The exporter folds constants, so kernels that a layer builds from other parameters stand materialised and
    norms are part of their convolutions: the outputs are the same within rounding, the count of numbers is
    not.
    """
    network.eval()
    examples = tuple(torch.zeros(2, *shape) for shape in inputs.values())
    with _quiet(), _loops(network):
        program = torch.onnx.export(
            network,
            examples,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=["logits"],
            # a network takes *inputs: one tuple of tensors as torch.export sees it
            dynamic_shapes=(tuple({0: torch.export.Dim("batch", min=1)} for _ in inputs),),
            external_data=False,
            verbose=False,
        )
        assert program is not None
        model = program.model_proto
    _strip(model)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return OnnxFile(sum(math.prod(one.dims) for one in model.graph.initializer), OPSET)


def _strip(model: onnx.ModelProto) -> None:
    """Take out what the exporter notes for debugging: stack traces name files of this machine."""
    waiting = [model, model.graph, *model.functions]
    while waiting:
        one = waiting.pop()
        del one.metadata_props[:]
        one.doc_string = ""
        if isinstance(one, onnx.GraphProto):
            waiting += (*one.node, *one.input, *one.output, *one.value_info, *one.initializer)
        elif isinstance(one, onnx.FunctionProto):
            waiting += one.node
        elif isinstance(one, onnx.NodeProto):
            waiting += [held.g for held in one.attribute if held.HasField("g")]  # bodies of loops


@contextlib.contextmanager
def _loops(network: Network) -> Iterator[None]:
    """Layers that repeat a step are written as a loop: forty of them, step by step, take minutes to write."""
    repeating = [layer for layer in network.modules() if hasattr(layer, "repeated")]
    for layer in repeating:
        vars(layer)["repeated"] = _scanned  # in front of the class's own
    try:
        yield
    finally:
        for layer in repeating:
            del vars(layer)["repeated"]


def _scanned(
    step: Callable[..., tuple[Tensor, ...]], state: tuple[Tensor, ...], times: int
) -> tuple[Tensor, ...]:
    def once(now: tuple[Tensor, ...], tick: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        return step(*now), tick.clone()

    end, _ = scan(once, state, torch.zeros(times, 1))
    return end


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks of packages that are not there; nobody needs to hear it here."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def output_of(network: Network, inputs: tuple[Tensor, ...]) -> Tensor:
    """The network's logits in evaluation, without gradients."""
    network.eval()
    with torch.no_grad():
        return network(*inputs)

"""Eight float32 at once, as a type of numba's: the vectors of `lanes.h` where no compiler is.

Whether LLVM makes vectors of a plain loop depends on what it was inlined into, and a step of
word2vec was six times as slow where it did not. These values are vectors from the start; on a
machine whose registers are narrower LLVM cuts them. The arithmetic is the usual operators between
two of them.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

LANES = 8
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_INTEGERS = ir.VectorType(ir.IntType(32), LANES)


class _Lanes(types.Type):
    """The type of eight float32."""

    def __init__(self) -> None:
        super().__init__(name="lanes")


lanes = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    """Eight float32 are one value of LLVM's."""

    def __init__(self, manager: Any, numba_type: types.Type) -> None:
        super().__init__(manager, numba_type, _FLOATS)


def _constant(vector: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(vector, [ir.Constant(vector.element, value)] * LANES)


def _call(builder: ir.IRBuilder, name: str, given: Any, result: ir.Type = _FLOATS) -> Any:
    """Call a function of LLVM's with vectors."""
    function_type = ir.FunctionType(result, [_FLOATS] * len(given))
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), given)


def _address(
    context: Any, builder: ir.IRBuilder, rows: types.Array, array: Any, row: Any, k: Any
) -> Any:
    """Give where ``array[row, k]`` is; neither may be below zero, and nothing is checked."""
    held = context.make_array(rows)(context, builder, array)
    _, width = cgutils.unpack_tuple(builder, held.shape, 2)
    place = builder.add(builder.mul(row, width), k)
    return builder.bitcast(builder.gep(held.data, [place]), _FLOATS.as_pointer())


@intrinsic
def load(context: Any, rows: Any, row: Any, k: Any) -> Any:
    """Read ``rows[row, k : k + LANES]`` of a C-contiguous matrix of float32."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *given), align=4)

    return lanes(rows, types.intp, types.intp), generate


@intrinsic
def store(context: Any, rows: Any, row: Any, k: Any, value: Any) -> Any:
    """Write ``rows[row, k : k + LANES]`` of a C-contiguous matrix of float32."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        *place, lane_values = given
        pointer = _address(context, builder, signature.args[0], *place)
        builder.store(lane_values, pointer, align=4)
        return context.get_dummy_value()

    return types.void(rows, types.intp, types.intp, lanes), generate


@intrinsic
def fill(context: Any, value: Any) -> Any:
    """Give the same number in each lane."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        empty = ir.Constant(_FLOATS, ir.Undefined)
        first = builder.insert_element(empty, given[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, empty, _constant(_INTEGERS, 0))

    return lanes(types.float32), generate


@intrinsic
def fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """Give ``a * b + c``, rounded once."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        return _call(builder, f"llvm.fma.v{LANES}f32", given)

    return lanes(lanes, lanes, lanes), generate


@intrinsic
def total(context: Any, value: Any) -> Any:
    """Give the sum of the lanes."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        (value,) = given
        for half in (4, 2, 1):
            picks = [lane + half if lane < half else lane for lane in range(LANES)]
            moved = builder.shuffle_vector(value, value, ir.Constant(_INTEGERS, picks))
            value = builder.fadd(value, moved)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return types.float32(lanes), generate


@intrinsic
def pick(context: Any, a: Any, b: Any, below: Any, other: Any) -> Any:
    """Give `below` where ``a < b``, else `other`, which a value that is no number gives too."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        a, b, below, other = given
        return builder.select(builder.fcmp_ordered("<", a, b), below, other)

    return lanes(lanes, lanes, lanes, lanes), generate


@intrinsic
def floor(context: Any, value: Any) -> Any:
    """Round each down."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        return _call(builder, f"llvm.floor.v{LANES}f32", given)

    return lanes(lanes), generate


@intrinsic
def power_of_two(context: Any, value: Any) -> Any:
    """Give 2 to the power of each, which is whole and between -126 and 127."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        # what is no number becomes 0: without `sat` LLVM may do with it whatever it likes
        whole = _call(builder, f"llvm.fptosi.sat.v{LANES}i32.v{LANES}f32", given, _INTEGERS)
        whole = builder.add(whole, _constant(_INTEGERS, 127))
        return builder.bitcast(builder.shl(whole, _constant(_INTEGERS, 23)), _FLOATS)

    return lanes(lanes), generate


def _operate(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    """Let numba compile an operator between two values of eight."""

    @intrinsic
    def compute(context: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
            return getattr(builder, instruction)(*given)

        return lanes(lanes, lanes), generate

    @overload(symbol)
    def between(a: Any, b: Any) -> Any:
        def between_both(a: Any, b: Any) -> Any:
            return compute(a, b)

        return between_both if a == b == lanes else None


_operate(operator.add, "fadd")
_operate(operator.sub, "fsub")
_operate(operator.mul, "fmul")
_operate(operator.truediv, "fdiv")

import { apply } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { definition } from './quantized.ts';

/**
 * The floats that bytes stand for, x * scale: weights in int8, symmetric and with a scale a row. Where `linear` is given
 * the result as its weight, or `gather` as its table, it reads the bytes and scales what it makes of them; for all other
 * ops the floats are made when the program runs. Has no gradient.
 * @param x i8
 * @param scale f32, of x's first axes: each scale is that of all values behind it, such as [rows] for [rows, columns]
 * @returns f32, of the shape of x
 * @throws ShapeError
 */
export const dequantize = (x: Tensor, scale: Tensor): Tensor => apply(definition, [x, scale], {})[0];

import type { Tensor } from '@secateur/core';
import type { Dense } from '@secateur/core/graph';

/** Largest relative error that passes: what the fused forms are held to on every device. */
export const TOLERANCE = 2e-5;

export const asDense = ({ shape, data }: Tensor): Dense => ({ shape, data: Float64Array.from(data, Number) });

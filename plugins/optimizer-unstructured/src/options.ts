import { SecateurError } from '@secateur/core';
import { z } from 'zod';

/** N of every M inputs that follow each other, in each row. */
export interface Groups {
  readonly zeros: number;
  readonly of: number;
}

const written = /^(\d+):(\d+)$/;

/** `2:4` in numbers; undefined where zeros may lie anywhere. */
export const groupsOf = (pattern: string): Groups | undefined => {
  const [, zeros, of] = written.exec(pattern) ?? [];
  return zeros === undefined ? undefined : { zeros: Number(zeros), of: Number(of) };
};

export const unstructuredOptions = z
  .strictObject({
    /** `row`: wherever the method puts them (default). `2:4`: 2 zeros in every 4 inputs of a row; any N:M. */
    pattern: z.string().default('row'),
    /** SparseGPT: what is added to the diagonal of H, as a share of its mean. Default 0.01. */
    damp: z.number().gt(0).default(0.01),
    /** SparseGPT: columns that are masked at once. Default 128. */
    block: z.int().min(1).default(128),
  })
  .superRefine(({ pattern, block }, check) => {
    const groups = groupsOf(pattern);
    if (pattern !== 'row' && !(groups && groups.zeros > 0 && groups.zeros < groups.of))
      check.addIssue({
        code: 'custom',
        path: ['pattern'],
        message: 'row, or N:M with 0 < N < M',
      });
    else if (groups && block % groups.of !== 0)
      check.addIssue({
        code: 'custom',
        path: ['block'],
        message: `a multiple of the ${groups.of} of the pattern`,
      });
  });

export type UnstructuredOptions = z.output<typeof unstructuredOptions>;

/** Which entries a method may zero. */
export interface Sparsity {
  /** Share of zeros, in (0, 1). */
  readonly ratio: number;
  readonly groups: Groups | undefined;
}

/** @throws SecateurError E_CONFIG_INVALID where the ratio is not that of the pattern */
export const sparsityOf = (ratio: number, pattern: string): Sparsity => {
  const groups = groupsOf(pattern);
  if (groups && ratio !== groups.zeros / groups.of)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `prune.ratio is ${ratio}, but the pattern ${pattern} zeroes ${groups.zeros / groups.of} of the weights`,
      { hint: `set prune.ratio to ${groups.zeros / groups.of}` },
    );
  return { ratio, groups };
};

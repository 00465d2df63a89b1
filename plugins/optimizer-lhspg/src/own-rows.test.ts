import { openTinyModel } from '@secateur/core/testing';
import test from 'ava';
import { eachRow, rowOwners } from './own-rows.js';

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(({ kind, layer }) => layer === 0 && ['kv-head', 'channel'].includes(kind));

test('rows lie in the layers that make units, with their biases and LoRA', t => {
  t.deepEqual(
    rowOwners(model, groups).map(({ group, weight, bias, lora, shape }) => [
      group.kind,
      weight.split('.').at(-2),
      bias?.split('.').slice(-2).join('.'),
      lora?.b.split('.').slice(-3, -1).join('.'),
      ...shape,
    ]),
    [
      ['kv-head', 'q_proj', 'q_proj.bias', 'q_proj.lora_B', 16, 8],
      ['kv-head', 'k_proj', 'k_proj.bias', 'k_proj.lora_B', 8, 8],
      ['kv-head', 'v_proj', 'v_proj.bias', 'v_proj.lora_B', 8, 8],
      ['channel', 'gate_proj', undefined, 'gate_proj.lora_B', 6, 8],
      ['channel', 'up_proj', undefined, 'up_proj.lora_B', 6, 8],
    ],
  );
});

test('a unit has the rows of all its heads', t => {
  const [q, k] = rowOwners(model, groups);
  t.deepEqual(q!.rows(1), [8, 9, 10, 11, 12, 13, 14, 15]);
  t.deepEqual(k!.rows(1), [4, 5, 6, 7]);
  const seen: number[] = [];
  eachRow(k!, new Map([[groups[0]!.id, [0, 1]]]), row => seen.push(row));
  t.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7]);
  eachRow(k!, new Map([['another group', [0]]]), () => t.fail());
});

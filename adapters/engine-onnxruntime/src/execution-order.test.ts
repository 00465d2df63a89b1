import { withLoss } from '@secateur/core/graph';
import { temporaryFolder, tinyDecoder, tinyFeeds, withLora } from '@secateur/core/testing';
import test from 'ava';
import { profiledRun } from './profiled-run.test.data.js';
import { makeProgram } from './program.js';
import { engineFeeds } from './small-decoder.test.data.js';

test('a gradient is made before anything that stands behind it: it does not wait for the end of the run', async t => {
  const graph = withLoss(withLora(tinyDecoder()));
  const adapters = [...graph.parameters.values()].filter(({ role }) => role === 'adapter');
  const program = await makeProgram(graph, { wrt: adapters.map(({ name }) => name) });
  const ran = await profiledRun(program, engineFeeds(graph, tinyFeeds(graph)), await temporaryFolder(t));
  const gradients = new Set(program.gradients.values());
  let met = 0;
  ran.forEach(({ place, output }, at) => {
    if (place === undefined || !gradients.has(output!)) return;
    met++;
    const behind = ran.slice(0, at).filter(node => node.place !== undefined && node.place > place);
    t.deepEqual(behind, [], output);
  });
  t.is(met, adapters.length);
});

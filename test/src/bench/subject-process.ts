/** secateur's side of the bench as a process of its own: one line of JSON asks, one line answers. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { asContender, Subject } from './subject.js';

const { values } = parseArgs({ options: { threads: { type: 'string', default: '1' } } });
const contender = asContender(new Subject(Number(values.threads)));

const send = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
send({ version: contender.version });
for await (const line of createInterface({ input: process.stdin })) {
  const { do: action, ...request } = JSON.parse(line);
  try {
    send(await contender.ask(action, request));
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) });
  }
}
await contender.stop();

/** secateur's side of the bench as a process of its own: one line of JSON asks, one line answers. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { OnnxRuntimeEngine, type OnnxRuntimeOptions } from '@secateur/adapter-engine-onnxruntime';
import { type BackendName, TfjsEngine } from '@secateur/adapter-engine-tfjs';
import { asContender, Subject } from './subject.js';

type Device = NonNullable<OnnxRuntimeOptions['device']>;

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    device: { type: 'string', default: 'cpu' },
    /** A backend of TensorFlow.js, which then computes instead of onnxruntime. */
    tfjs: { type: 'string' },
  },
});
const engine =
  values.tfjs === undefined
    ? new OnnxRuntimeEngine({ threads: Number(values.threads), device: values.device as Device })
    : new TfjsEngine({ backend: values.tfjs as BackendName });
await engine.open();
const contender = asContender(new Subject(engine));

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

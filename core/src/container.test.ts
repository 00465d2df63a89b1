import test from 'ava';
import { injectable } from 'inversify';
import { PortContainer } from './container.js';
import { createToken } from './token.js';

interface Voice {
  say(): string;
}
const Voice = createToken<Voice>('test-voice');
interface Ear {
  hear(): string;
}
const Ear = createToken<Ear>('test-ear');

const voice = (word: string): Voice => ({ say: () => word });

@injectable()
class Talk {
  constructor(
    @Voice readonly voice: Voice,
    @Ear readonly ear: Ear,
  ) {}
}

test('use chooses by name; the only one needs no choice', t => {
  const ports = new PortContainer({ 'test-voice': 'loud' });
  ports.provide(Voice, { name: 'quiet', plugin: 'a', description: undefined }, voice('psst'));
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: 'shouts' }, voice('HEY'));
  ports.provide(Ear, { name: 'left', plugin: 'a', description: undefined }, { hear: () => 'left' });
  t.is(ports.active(Voice).say(), 'HEY');
  t.is(ports.active(Ear).hear(), 'left');
  t.deepEqual(ports.registry[1], { port: 'test-voice', name: 'loud', plugin: 'b', description: 'shouts' });
});

test('a class gets the active implementations through its constructor', t => {
  const ports = new PortContainer({ 'test-voice': 'loud' });
  ports.provide(Voice, { name: 'quiet', plugin: 'a', description: undefined }, voice('psst'));
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  ports.provide(Ear, { name: 'left', plugin: 'a', description: undefined }, () => ({ hear: () => 'left' }));
  const talk = ports.create(Talk);
  t.is(talk.voice.say(), 'HEY');
  t.is(talk.ear, ports.active(Ear));
});

test('an empty port is told with our own error, from a constructor too', t => {
  const ports = new PortContainer({});
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  t.throws(() => ports.active(Ear), { code: 'E_UNKNOWN_PLUGIN', message: 'no plugin provides test-ear' });
  t.throws(() => ports.create(Talk), { code: 'E_UNKNOWN_PLUGIN', message: 'no plugin provides test-ear' });
});

test('a factory runs once, at first need, and may resolve other ports', t => {
  let made = 0;
  const ports = new PortContainer({});
  ports.provide(Ear, { name: 'echo', plugin: 'a', description: undefined }, resolve => {
    made++;
    const heard = resolve(Voice).say();
    return { hear: () => heard };
  });
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  t.is(made, 0);
  t.is(ports.active(Ear).hear(), 'HEY');
  t.is(ports.active(Ear), ports.active(Ear));
  t.is(made, 1);
});

test('a factory that fails, or needs itself, is E_PLUGIN_FAILED', t => {
  const ports = new PortContainer({});
  const cause = new Error('no device');
  ports.provide(Voice, { name: 'loud', plugin: 'horn', description: undefined }, () => {
    throw cause;
  });
  t.throws(() => ports.active(Voice), {
    code: 'E_PLUGIN_FAILED',
    message: 'plugin "horn" failed while it made test-voice "loud": no device',
  });
  ports.provide(Ear, { name: 'loop', plugin: 'snake', description: undefined }, resolve => resolve(Ear));
  t.throws(() => ports.active(Ear), { code: 'E_PLUGIN_FAILED', message: /snake.*needs itself/ });
});

test('unknown names list what there is, by owner', t => {
  const ports = new PortContainer({ 'test-voice': 'luod' });
  ports.provide(Voice, { name: 'quiet', plugin: 'a', description: undefined }, voice('psst'));
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  const error = t.throws(() => ports.check(), {
    code: 'E_UNKNOWN_PLUGIN',
    message: 'use.test-voice = "luod", but no plugin provides that',
  });
  t.like(error, {
    hint: 'Did you mean "loud"? Available: quiet (a), loud (b).\nRun: npx secateur ls test-voice',
  });
  const silent = new PortContainer({});
  silent.provide(Voice, { name: 'quiet', plugin: 'a', description: undefined }, voice('psst'));
  silent.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  t.throws(() => silent.active(Voice), {
    code: 'E_UNKNOWN_PLUGIN',
    message: /several plugins provide test-voice/,
  });
});

test('none empties an optional port, and is an error at one that is needed', t => {
  const ports = new PortContainer({ 'test-voice': 'none' });
  ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  t.is(ports.optional(Voice), undefined);
  t.is(ports.optional(Ear), undefined);
  t.notThrows(() => ports.check());
  t.throws(() => ports.active(Voice), { code: 'E_UNKNOWN_PLUGIN', message: /"none"/ });
  const open = new PortContainer({});
  open.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HEY'));
  t.is(open.optional(Voice)?.say(), 'HEY');
});

test('one name twice at a port is E_DUPLICATE_PLUGIN naming both plugins', t => {
  const ports = new PortContainer({});
  ports.provide(Voice, { name: 'loud', plugin: 'a', description: undefined }, voice('HEY'));
  t.throws(() => ports.provide(Voice, { name: 'loud', plugin: 'b', description: undefined }, voice('HO')), {
    code: 'E_DUPLICATE_PLUGIN',
    message: 'plugin "b" provides test-voice "loud", which plugin "a" provides already',
  });
  t.throws(() => ports.provide(Voice, { name: 'none', plugin: 'b', description: undefined }, voice('')), {
    code: 'E_DUPLICATE_PLUGIN',
  });
});

import path from 'node:path';
import test from 'ava';
import { isTestSource, type Room, roomOf, rooms } from './rooms.js';
import { isBuiltin, isRelative, specifiersOf } from './specifiers.js';

/** Which rooms an area may import. */
const table: Readonly<Record<string, (other: Room) => boolean>> = {
  core: () => false,
  plugins: other => other.area === 'core',
  presets: other => other.area === 'core' || other.area === 'plugins' || other.folder === 'presets/baseline',
  adapters: other => other.area === 'core',
  test: () => true,
};

const among =
  (...folders: readonly string[]) =>
  (other: Room): boolean =>
    folders.includes(other.folder);

/** What a room may import beyond its area. */
const exceptions: Readonly<Record<string, (other: Room) => boolean>> = {
  // Both write safetensors files.
  'adapters/checkpoint-llama2c': other => other.folder === 'adapters/checkpoint-hf',
  'adapters/run-folder': other => other.folder === 'adapters/checkpoint-hf',
  // Formats that are read and written share what they say about themselves.
  'adapters/checkpoint-gguf': other => other.folder === 'adapters/checkpoint-hf',
  'adapters/exporter-gguf': among('adapters/checkpoint-gguf', 'adapters/checkpoint-hf'),
  'adapters/checkpoint-onnx': other => other.folder === 'adapters/onnx-format',
  // It reads weights as their format reads them.
  'adapters/engine-tfjs': other => other.folder === 'adapters/checkpoint-hf',
  'adapters/engine-onnxruntime': other => other.folder === 'adapters/onnx-format',
  'adapters/exporter-onnx': among('adapters/onnx-format', 'adapters/checkpoint-hf'),
  // The same method with other data to recover on.
  'presets/lorashear-instruct-only': other => other.folder === 'presets/lorashear',
  // The command line puts everything together.
  'adapters/cli': () => true,
};

const mayImport = (room: Room, other: Room): boolean =>
  table[room.area]!(other) || exceptions[room.folder]?.(other) === true;

test('every room lies in an area that the table knows', t => {
  t.deepEqual([...new Set(rooms.map(({ area }) => area))].sort(), Object.keys(table).sort());
});

for (const room of rooms)
  test(`${room.folder} imports only what its area may`, t => {
    t.true(room.sources.length > 0, 'the room has sources');
    for (const file of room.sources)
      for (const specifier of specifiersOf(file)) {
        if (isBuiltin(specifier)) continue;
        if (isRelative(specifier)) {
          const target = path.posix.join(path.posix.dirname(file), specifier);
          t.true(target.startsWith(`${room.folder}/src/`), `${file} reaches out of its room: ${specifier}`);
          t.regex(specifier, /\.js$/, `${file} imports ${specifier} without .js`);
          continue;
        }
        const other = roomOf(specifier);
        if (!other) continue;
        if (other === room && isTestSource(file)) continue; // fixtures import the package as a user would
        t.not(other, room, `${file} imports its own package: ${specifier}`);
        t.true(mayImport(room, other), `${file} may not import ${specifier}`);
        const entry = `.${specifier.slice(other.manifest.name.length)}`;
        t.true(entry in other.manifest.exports!, `${file} imports ${specifier}, which is not exported`);
      }
  });

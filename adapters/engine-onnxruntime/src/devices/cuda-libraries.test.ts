import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import { missingProvider } from './cuda-libraries.js';

const isLinux = process.platform === 'linux' && process.arch === 'x64';

test('the libraries that are not there are named, with where they belong', async t => {
  const folder = await temporaryFolder(t);
  const reason = (): string | undefined => missingProvider(folder)?.reason;
  if (!isLinux) {
    t.regex(reason() ?? '', /CUDA for Linux on x64 only/);
    return;
  }
  t.is(
    reason(),
    `libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so are not beside onnxruntime's binding in ${folder}`,
  );
  await writeFile(path.join(folder, 'libonnxruntime_providers_shared.so'), '');
  t.regex(reason() ?? '', /^libonnxruntime_providers_cuda\.so is not beside/);
  t.regex(missingProvider(folder)?.hint ?? '', /^npm rebuild onnxruntime-node --ignore-scripts=false /);
  await writeFile(path.join(folder, 'libonnxruntime_providers_cuda.so'), '');
  t.is(reason(), undefined);
});

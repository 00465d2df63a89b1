import { DataImporter, Importer } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import importerHub from './plugin.js';

test('the plugin provides an importer named hub, and asks nobody for it', async t => {
  const importer = await providedBy(importerHub(), Importer, 'hub');
  t.true(await importer.recognises('hf:owner/name'));
});

test('and one of data', async t => {
  const importer = await providedBy(importerHub(), DataImporter, 'hub');
  t.true(importer.recognises('hf:owner/name'));
  t.false(importer.recognises('/data/rows.jsonl'));
});

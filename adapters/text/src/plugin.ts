import { definePlugin, TextReader } from '@secateur/core';
import { createTextFileReader } from './text-file-reader.js';

/** Reads plain text, JSON and JSON Lines, packed or not. */
export default definePlugin('text', api => {
  api.provide(TextReader, 'files', createTextFileReader, 'plain text, JSON, JSON Lines, and .gz of these');
});

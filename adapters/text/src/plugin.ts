import { definePlugin, RowReader, TextReader } from '@secateur/core';
import { rowFileReader } from './row-file-reader.js';
import { createTextFileReader } from './text-file-reader.js';

/** Reads plain text, JSON, JSON Lines and Parquet, packed or not. */
export default definePlugin('text', api => {
  api.provide(RowReader, 'files', rowFileReader, 'rows of JSON Lines, JSON and Parquet, and .gz of these');
  api.provide(
    TextReader,
    'files',
    createTextFileReader,
    'plain text, JSON, JSON Lines, Parquet, and .gz of these',
  );
});

import { refuses } from './refuses.js';

refuses(
  'verify',
  {
    'without a folder': { args: ['verify'], code: 'E_USAGE', says: /missing required argument 'folder'/ },
    'a folder that is not there': {
      args: ['verify', 'none'],
      code: 'E_MODEL_NOT_FOUND',
      says: /neither \S+none nor \S+none\/model holds a config\.json/,
      hint: /npx secateur verify runs\/NAME/,
    },
    'a folder with something else': {
      args: ['verify', 'adapter'],
      code: 'E_MODEL_NOT_FOUND',
      says: /expected a model folder or that of a run/,
    },
    'a file': { args: ['verify', 'text.txt'], code: 'E_MODEL_NOT_FOUND', says: /neither \S+text\.txt nor/ },
    'a model cut short': {
      damage: bench => bench.cut('model/model.safetensors', 1_000_000),
      code: 'E_SAFETENSORS',
      says: /the file is cut short/,
    },
    ...Object.fromEntries(
      ['0', '-1', '1', '5', 'small'].map(tolerance => [
        `a tolerance of ${tolerance}`,
        {
          args: ['verify', 'model', '--tolerance', tolerance],
          code: 'E_USAGE',
          says: /Expected a number/,
        } as const,
      ]),
    ),
  },
  ['verify', 'model'],
);

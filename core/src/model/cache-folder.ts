import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Folder for what can be made again: models that were converted to be read. `SECATEUR_CACHE`, else `secateur` in the
 * system's own cache folder.
 */
export const cacheFolder = (
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string => {
  if (env.SECATEUR_CACHE) return resolve(env.SECATEUR_CACHE);
  if (platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'secateur', 'Cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'secateur');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'secateur');
};

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { SecateurError } from '@secateur/core';

/** What the environment says about the hub, by the variables that Hugging Face's own programs read. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Absolute path of the cache, which is shared with those programs. */
  readonly cache: string;
  readonly token: string | undefined;
  /** True when the network may not be asked. */
  readonly offline: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `HF_ENDPOINT`; `HF_HUB_CACHE`, else `hub` in `HF_HOME`; `HF_TOKEN`, else the file that `hf auth login` writes;
 * `HF_HUB_OFFLINE`. An empty value counts as none.
 * @throws SecateurError E_HUB when the endpoint is no address or the token cannot be one
 */
export const readSettings = async (environment: Environment): Promise<HubSettings> => {
  const value = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const folder = (name: string): string | undefined => {
    const text = value(name);
    return text === undefined ? undefined : path.resolve(text.replace(/^~(?=[/\\]|$)/, homedir()));
  };
  const home = folder('HF_HOME') ?? path.join(folder('XDG_CACHE_HOME') ?? defaultCaches(), 'huggingface');
  return {
    endpoint: checkEndpoint(value('HF_ENDPOINT') ?? 'https://huggingface.co'),
    cache: folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? path.join(home, 'hub'),
    token: checkToken(
      value('HF_TOKEN') ?? (await storedToken(folder('HF_TOKEN_PATH') ?? path.join(home, 'token'))),
    ),
    offline: /^(?:1|on|yes|true)$/i.test(value('HF_HUB_OFFLINE') ?? ''),
  };
};

const defaultCaches = (): string => path.join(homedir(), '.cache');

const storedToken = async (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').then(
    text => text.trim() || undefined,
    () => undefined,
  );

const checkEndpoint = (endpoint: string): string => {
  if (!URL.canParse(endpoint) || !/^https?:/i.test(endpoint))
    throw new SecateurError(
      'E_HUB',
      `HF_ENDPOINT is "${endpoint}", expected an address that begins with https://.`,
      {
        hint: 'Unset HF_ENDPOINT, or set it to the address of a mirror.',
      },
    );
  return endpoint.replace(/\/+$/, '');
};

/** The hub's client refuses others, in an error that does not say where the token came from. */
const checkToken = (token: string | undefined): string | undefined => {
  if (token !== undefined && !/^hf_\w+$/.test(token))
    throw new SecateurError(
      'E_HUB',
      'HF_TOKEN, or the stored token, is none of the hub: those begin with hf_.',
      {
        hint: 'Unset HF_TOKEN, or set it to a token from the settings of your account.',
      },
    );
  return token;
};

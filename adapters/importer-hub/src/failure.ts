import { HubApiError } from '@huggingface/hub';
import { isSecateurError, SecateurError } from '@secateur/core';
import type { HubName } from './hub-name.js';
import { causeOf, isTransientStatus } from './patient-fetch.js';
import type { HubSettings } from './settings.js';

/** True when no answer came: the network is not there, or the server is not. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof TypeError && error.message === 'fetch failed';

/** True when the hub cannot help now, whoever asks: a copy in the cache is as good. */
export const isUnavailable = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof HubApiError && isTransientStatus(error.statusCode));

/** True when the hub answers that it has no such thing. */
export const isMissing = (error: unknown): boolean =>
  error instanceof HubApiError && error.statusCode === 404;

/** What went wrong, as a clause: `huggingface.co cannot be reached (ENOTFOUND)`. */
export const findingOf = (error: unknown, { endpoint }: HubSettings): string => {
  if (isUnreachable(error)) {
    const { code, message } = causeOf(error);
    return `${endpoint} cannot be reached (${code ?? message ?? 'no answer'})`;
  }
  return error instanceof HubApiError
    ? `${endpoint} answers with status ${error.statusCode}`
    : `${endpoint} does not answer as a hub does (${error instanceof Error ? error.message : error})`;
};

/**
 * An error of the hub or of the way to it, in our terms.
 * @param file what was being fetched; undefined while the repository was looked up
 */
export const hubFailure = (error: unknown, name: HubName, settings: HubSettings, file?: string): Error => {
  if (isSecateurError(error)) return error;
  const of = (sentence: string, hint: string): SecateurError =>
    new SecateurError('E_HUB', `${sentence}.`, { hint, cause: error });
  const { kind, repository, revision } = name;
  const what = kind === 'model' ? 'model' : 'data set';
  const system = error as NodeJS.ErrnoException;
  if (error instanceof Error && system.syscall !== undefined)
    return of(
      `The cache ${settings.cache} cannot be written (${system.code})`,
      'Make room or rights there, or set HF_HUB_CACHE to another folder.',
    );
  const finding = findingOf(error, settings);
  const page = `${settings.endpoint}/${kind === 'model' ? '' : 'datasets/'}${repository}`;
  if (!(error instanceof HubApiError))
    return isUnreachable(error)
      ? of(
          finding,
          `Check the network, or name a ${kind === 'model' ? 'model folder' : 'file'} on this machine.`,
        )
      : of(finding, 'Check HF_ENDPOINT, and whether a proxy or a login page stands between.');
  const denied = error.statusCode === 401 || error.statusCode === 403;
  if (denied && (file !== undefined || error.statusCode === 403))
    return of(
      `${repository} is gated: ${settings.token ? 'the account of the token has no access to it' : 'it needs a token'}`,
      `Ask for access at ${page}, then set HF_TOKEN to a token of that account.`,
    );
  if (denied && settings.token !== undefined)
    return of(
      `${settings.endpoint} does not accept the token for ${repository}`,
      'Set HF_TOKEN to a valid token, or unset it and remove the stored one: hf auth logout.',
    );
  if (error.statusCode === 404 && /\brev/i.test(error.message.replace(/\. URL:.*$/, '')))
    return of(`${repository} has no revision ${revision}`, `See its branches at ${page}/tree/main.`);
  if (denied || error.statusCode === 404)
    return of(
      `There is no ${what} ${repository} on ${settings.endpoint}, or it is private`,
      `Check the name; for a private ${what} set HF_TOKEN.`,
    );
  return isTransientStatus(error.statusCode)
    ? of(finding, 'Try again later: what has been fetched is kept, and a token (HF_TOKEN) raises the limits.')
    : of(finding, `See ${page}.`);
};

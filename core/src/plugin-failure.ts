import { isSecateurError, SecateurError } from './errors.js';

/**
 * What a plugin threw, as an error that names the plugin and the place.
 * A SecateurError passes as it is: it says already what a person should mend.
 */
export const pluginFailure = (plugin: string, place: string, cause: unknown): SecateurError => {
  if (isSecateurError(cause)) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SecateurError('E_PLUGIN_FAILED', `plugin "${plugin}" failed ${place}: ${said}`, {
    hint: 'the fault lies in the plugin or in what it was given; --stack shows where',
    cause,
  });
};

import { SecateurError } from '@secateur/core';

/** A model on the hub. */
export interface HubName {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag, commit, or a reference like `refs/pr/1`. */
  readonly revision: string;
}

const SCHEME = 'hf:';

export const isHubName = (model: string): boolean => model.startsWith(SCHEME);

/** The hub's own rule: 96 characters of letters, digits, `-`, `_`, `.`; neither `--` nor `..`, no `-` or `.` at an end. */
const isPart = (part: string): boolean =>
  part.length <= 96 && /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/.test(part) && !/--|\.\./.test(part);

/** What is safe as a path below `refs/`, on every system. */
const isRevision = (revision: string): boolean =>
  revision.length <= 255 &&
  revision.split('/').every(part => /^[A-Za-z0-9_][\w.+-]*$/.test(part) && !part.includes('..'));

/**
 * Takes `hf:owner/name` or `hf:owner/name@revision` apart.
 * @throws SecateurError E_HUB when it is neither
 */
export const parseHubName = (model: string): HubName => {
  const [repository = '', revision = 'main', ...rest] = model.slice(SCHEME.length).split('@');
  const parts = repository.split('/');
  if (parts.length !== 2 || !parts.every(isPart) || parts[1]!.endsWith('.git'))
    throw wrong(model, `"${repository}" as the name of a model, expected owner/name`);
  if (rest.length > 0 || !isRevision(revision))
    throw wrong(
      model,
      `"${[revision, ...rest].join('@')}" as the revision, expected a branch, tag or commit`,
    );
  return { repository, revision };
};

const wrong = (model: string, finding: string): SecateurError =>
  new SecateurError('E_HUB', `${model} has ${finding}.`, {
    hint: 'Write hf:owner/name or hf:owner/name@revision, as on the page of the model: hf:HuggingFaceTB/SmolLM2-135M-Instruct.',
  });

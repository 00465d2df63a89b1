import { SecateurError } from '@secateur/core';

/** A repository of the hub. */
export interface HubName {
  readonly kind: 'model' | 'dataset';
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
  const wrong = wrongIn(
    model,
    'Write hf:owner/name or hf:owner/name@revision, as on the page of the model: hf:HuggingFaceTB/SmolLM2-135M-Instruct.',
  );
  const { repository, path, revision = 'main' } = split(model, 'a model', wrong);
  if (path.length > 0)
    throw wrong(`"${[repository, ...path].join('/')}" as the name of a model, expected owner/name`);
  return { kind: 'model', repository, revision };
};

/** Data on the hub: a repository, and a file in it where one is named. */
export interface DataName {
  readonly repository: string;
  /** Undefined where none is named. */
  readonly revision: string | undefined;
  readonly file: string | undefined;
}

/**
 * Takes `hf:owner/name` apart, with `/path/of/file` or without, with `@revision` or without.
 * @throws SecateurError E_HUB when it is none of these
 */
export const parseDataName = (data: string): DataName => {
  const wrong = wrongIn(
    data,
    'Write hf:owner/name, hf:owner/name/FILE or either with @revision, as on the page of the data set: hf:allenai/ai2_arc.',
  );
  const { repository, path, revision } = split(data, 'a data set', wrong);
  if (path.some(part => !isFilePart(part)))
    throw wrong(`"${path.join('/')}" as a file, expected a path in the data set`);
  return { repository, revision, file: path.length === 0 ? undefined : path.join('/') };
};

/** A name in a repository that is safe in a path of this machine. */
export const isFilePart = (part: string): boolean => part.length <= 255 && /^\w[\w.+= -]*$/.test(part);

/** Makes the error of a name from what is wrong with it. */
type Wrong = (finding: string) => SecateurError;

const wrongIn =
  (name: string, hint: string): Wrong =>
  finding =>
    new SecateurError('E_HUB', `${name} has ${finding}.`, { hint });

interface Parts {
  readonly repository: string;
  /** What follows the repository. */
  readonly path: readonly string[];
  readonly revision: string | undefined;
}

const split = (name: string, what: string, wrong: Wrong): Parts => {
  const [location = '', revision, ...rest] = name.slice(SCHEME.length).split('@');
  const [owner = '', repository = '', ...path] = location.split('/');
  if (!isPart(owner) || !isPart(repository) || repository.endsWith('.git'))
    throw wrong(`"${location}" as the name of ${what}, expected owner/name`);
  if (rest.length > 0 || (revision !== undefined && !isRevision(revision)))
    throw wrong(`"${[revision, ...rest].join('@')}" as the revision, expected a branch, tag or commit`);
  return { repository: `${owner}/${repository}`, path, revision };
};

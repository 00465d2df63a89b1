import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export const COMMIT = 'a'.repeat(40);
export const NAME = 'owner/name';

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
export const gitHash = (content: Uint8Array): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** A request, as far as tests ask about it. */
export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | undefined;
}

/** Answers in the server's stead, `times` often, the requests whose path matches. */
interface Fault {
  readonly path: RegExp;
  times: number;
  /** @param start the first byte that is asked for */
  readonly answer: (response: ServerResponse, start: number) => void;
}

export interface Hub {
  readonly endpoint: string;
  /** What has been asked so far, in order. */
  readonly asked: Asked[];
  /** Requests for content, beyond the first byte that tells its size. */
  contentRequests(): readonly Asked[];
  fail(path: RegExp, times: number, answer: Fault['answer']): void;
  close(): void;
}

/** Files of a commit by path; those above 100 bytes lie in large file storage. */
type Files = Readonly<Record<string, Buffer>>;

export interface HubContent {
  /** Default `model`. */
  readonly kind?: 'model' | 'dataset';
  /** Of the branch main. */
  readonly files: Files;
  /** What the commit of the branch main is called. */
  readonly commit?: string;
  /** Other branches by name. */
  readonly branches?: Readonly<Record<string, { readonly commit: string; readonly files: Files }>>;
  readonly listing?: (entries: object[]) => object[];
}

const json = (response: ServerResponse, status: number, body: unknown, headers: object = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/** Sends content, or the part that a range asks for, as the hub's content network does. */
const send = (request: IncomingMessage, response: ServerResponse, content: Buffer, headers: object): void => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { 'content-length': content.length, ...headers }).end(content);
    return;
  }
  const start = Number(range[1]);
  const part = content.subarray(start, range[2] === '' ? undefined : Number(range[2]) + 1);
  if (part.length === 0) response.writeHead(416).end();
  else
    response
      .writeHead(206, {
        'content-length': part.length,
        'content-range': `bytes ${start}-${start + part.length - 1}/${content.length}`,
        ...headers,
      })
      .end(part);
};

/** The hub as its client sees it, with one repository, on a port of this machine. */
export const startHub = async (t: ExecutionContext, content: HubContent): Promise<Hub> => {
  const { kind = 'model', files: main, commit: head = COMMIT, listing = entries => entries } = content;
  const branches = { ...content.branches, main: { commit: head, files: main } };
  const api = `/api/${kind}s/${NAME}`;
  const page = kind === 'model' ? `/${NAME}` : `/datasets/${NAME}`;
  const asked: Asked[] = [];
  const faults: Fault[] = [];
  const blobs = new Map<string, Buffer>();
  const isLarge = (file: Buffer): boolean => file.length > 100;
  const entries = (files: Files): object[] =>
    Object.entries(files).map(([path, file]) => ({
      type: 'file',
      path,
      size: file.length,
      oid: gitHash(file),
      ...(isLarge(file) ? { lfs: { oid: sha256(file), size: file.length, pointerSize: 130 } } : {}),
    }));
  const error = (response: ServerResponse, status: number, code: string, message: string): void =>
    json(response, status, { error: message }, { 'x-error-code': code });

  const server = createServer((request, response) => {
    const url = new URL(request.url!, endpoint());
    const path = decodeURIComponent(url.pathname);
    asked.push({ path, range: request.headers.range, token: request.headers.authorization });
    const fault = faults.find(({ path: pattern, times }) => times > 0 && pattern.test(path));
    if (fault) {
      fault.times--;
      fault.answer(response, Number(/^bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0));
      return;
    }
    const revision = path.slice(`${api}/revision/`.length);
    const named = Object.entries(branches).find(
      ([branch, { commit }]) => branch === revision || commit === revision,
    )?.[1].commit;
    const { commit, files } =
      Object.values(branches).find(({ commit }) => path.includes(commit)) ?? branches.main;
    const name = path.split(`${commit}/`).at(-1)!;
    const file = path.startsWith('/cdn/') ? blobs.get(path.slice('/cdn/'.length)) : files[name];
    if (path.startsWith(`${api}/revision/`) && named !== undefined)
      json(response, 200, { _id: '1', id: NAME, sha: named, private: false, gated: false });
    else if (path.startsWith(`${api}/revision/`))
      error(response, 404, 'RevisionNotFound', `Invalid rev id: ${path.split('/').at(-1)}`);
    else if (path === `${api}/tree/${commit}`) {
      // Two entries a page, as a long listing comes in pages.
      const all = listing([{ type: 'directory', path: 'onnx', size: 0, oid: COMMIT }, ...entries(files)]);
      const start = Number(url.searchParams.get('cursor') ?? 0);
      url.searchParams.set('cursor', String(start + 2));
      json(response, 200, all.slice(start, start + 2), {
        ...(start + 2 < all.length ? { link: `<${url.href}>; rel="next"` } : {}),
      });
    } else if (path.startsWith(`${page}/resolve/${commit}/`) && file) {
      const headers = { 'x-repo-commit': commit, etag: `"${gitHash(file)}"` };
      const linked = { 'x-linked-size': file.length, 'x-linked-etag': `"${sha256(file)}"` };
      if (isLarge(file)) {
        blobs.set(path.split('/').at(-1)!, file);
        response.writeHead(302, { ...headers, ...linked, location: `/cdn/${path.split('/').at(-1)}` }).end();
      } else send(request, response, file, headers);
    } else if (path.startsWith('/cdn/') && file) send(request, response, file, { etag: `"${sha256(file)}"` });
    else if (path.startsWith(`${page}/resolve/`)) error(response, 404, 'EntryNotFound', 'Entry not found');
    else error(response, 401, 'RepoNotFound', 'Repository not found');
  });
  const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  t.teardown(close);
  return {
    endpoint: endpoint(),
    asked,
    contentRequests: () =>
      asked.filter(({ path, range }) => /\/(?:resolve|cdn)\//.test(path) && range !== 'bytes=0-0'),
    fail: (path, times, answer) => faults.push({ path, times, answer }),
    close,
  };
};

/** Answers with a status and the hub's words for it. */
export const answers =
  (status: number, message: string, headers: object = {}) =>
  (response: ServerResponse): void =>
    json(response, status, { error: message }, headers);

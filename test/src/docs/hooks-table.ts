import ts from 'typescript';

/** One hook as it stands in core/src/hooks.ts. */
export interface HookEntry {
  readonly name: string;
  /** `Sync`, `Sync, bail`, `Async, series`, `Async, waterfall`: by tapable's class. */
  readonly kind: string;
  /** `config: ResolvedConfig` */
  readonly parameters: readonly string[];
  /** What a listener of a bail hook or a waterfall may return. */
  readonly returns: string | undefined;
  readonly comment: string;
}

const kinds: Readonly<Record<string, string>> = {
  SyncHook: 'Sync',
  SyncBailHook: 'Sync, bail',
  AsyncSeriesHook: 'Async, series',
  AsyncSeriesWaterfallHook: 'Async, waterfall',
};

/** The hooks that the source of core/src/hooks.ts creates, in order. */
export const readHooks = (source: string): readonly HookEntry[] => {
  const file = ts.createSourceFile('hooks.ts', source, ts.ScriptTarget.Latest, true);
  const entries: HookEntry[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isNewExpression(node.initializer))
      entries.push(entryOf(node, node.initializer));
    else ts.forEachChild(node, visit);
  };
  visit(file);
  return entries;
};

const entryOf = (property: ts.PropertyAssignment, made: ts.NewExpression): HookEntry => {
  const name = property.name.getText();
  const kind = kinds[made.expression.getText()];
  const [tuple, result] = made.typeArguments ?? [];
  const [names, own] = made.arguments ?? [];
  if (
    kind === undefined ||
    !tuple ||
    !ts.isTupleTypeNode(tuple) ||
    !names ||
    !ts.isArrayLiteralExpression(names)
  )
    throw new Error(`the hook ${name} is made in a way that the table does not know`);
  if (!own || !ts.isStringLiteral(own) || own.text !== name)
    throw new Error(`the hook ${name} is named otherwise`);
  const types = tuple.elements.map(element => element.getText().replace(/\s+/g, ' '));
  const labels = names.elements.map(element => (element as ts.StringLiteral).text);
  if (types.length !== labels.length)
    throw new Error(`the hook ${name} has ${types.length} types and ${labels.length} names`);
  return {
    name,
    kind,
    parameters: types.map((type, i) => `${labels[i]}: ${type}`),
    returns: kind === 'Async, waterfall' ? types[0] : result?.getText(),
    comment: commentOf(property),
  };
};

const commentOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();

/** The hooks as a table in Markdown. */
export const hooksTable = (source: string): string =>
  [
    '| hook | kind | a listener is given | it may return | when and what for |',
    '| --- | --- | --- | --- | --- |',
    ...readHooks(source).map(({ name, kind, parameters, returns, comment }) => {
      const [, hot = '', text = comment] = /^[^.]*?(, hot)?\. (.*)$/.exec(comment) ?? [];
      const cells = [
        `\`${name}\``,
        `${kind}${hot}`.toLowerCase(),
        parameters.map(asCode).join('<br>'),
        returns === undefined ? '' : asCode(returns),
        text.replaceAll('|', '\\|'),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');

const asCode = (type: string): string => `\`${type.replaceAll('|', '\\|')}\``;

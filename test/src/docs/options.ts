import ts from 'typescript';

/** An option of a plugin or a preset, as the schema in its source has it. */
export interface OptionEntry {
  readonly name: string;
  /** Literals of the default, as people write them: `0.1`, `gate`; empty where there is none, or an object. */
  readonly defaults: readonly string[];
}

/** The properties of every `z.strictObject({ ... })` in a source. */
export const readOptions = (source: string): readonly OptionEntry[] => {
  const file = ts.createSourceFile('options.ts', source, ts.ScriptTarget.Latest, true);
  const constants = new Map<string, ts.Expression>();
  const entries: OptionEntry[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer)
      constants.set(node.name.getText(), node.initializer);
    if (ts.isCallExpression(node) && node.expression.getText() === 'z.strictObject') {
      const [shape] = node.arguments;
      if (!shape || !ts.isObjectLiteralExpression(shape))
        throw new Error('a schema is made in an unknown way');
      for (const property of shape.properties) {
        if (!ts.isPropertyAssignment(property))
          throw new Error(`the option ${property.getText()} is unknown`);
        const { initializer } = property;
        const schema = ts.isIdentifier(initializer) ? constants.get(initializer.text) : initializer;
        entries.push({ name: property.name.getText(), defaults: schema ? defaultOf(schema) : [] });
      }
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return entries;
};

/** Literals in the argument of the last `.default(...)` of a chain. */
const defaultOf = (schema: ts.Expression): readonly string[] => {
  if (!ts.isCallExpression(schema) || !ts.isPropertyAccessExpression(schema.expression)) return [];
  const { name, expression } = schema.expression;
  return name.text === 'default' ? literalsIn(schema.arguments[0]!) : defaultOf(expression);
};

const literalsIn = (node: ts.Node): readonly string[] => {
  if (ts.isStringLiteral(node) || ts.isNumericLiteral(node)) return [node.text];
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword)
    return [node.getText()];
  return ts.isArrayLiteralExpression(node) ? node.elements.flatMap(literalsIn) : [];
};

import path from 'node:path';
import ts from 'typescript';
import { repository } from '../shared-data.js';

/**
 * Every path of report.json that holds a value, from the type `Report`: `a.b`, `list[].c`, `table.<key>.d`. A list of
 * plain values ends in `[]`.
 */
export const reportPaths = (): readonly string[] => {
  const file = path.join(repository, 'core/dist/domain/report.d.ts');
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const report = source?.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === 'Report',
  );
  if (!report) throw new Error(`${file} declares no Report`);
  const isPlain = (type: ts.Type): boolean =>
    (type.flags &
      (ts.TypeFlags.StringLike |
        ts.TypeFlags.NumberLike |
        ts.TypeFlags.BooleanLike |
        ts.TypeFlags.Null |
        ts.TypeFlags.Undefined)) !==
    0;
  const walk = (type: ts.Type, prefix: string): string[] => {
    if (type.flags & ts.TypeFlags.Unknown) return [prefix];
    if (isPlain(type) || (type.isUnion() && type.types.every(isPlain))) return [prefix];
    // One of several shapes: the paths of each. What may be absent is one that is and nothing.
    if (type.isUnion())
      return [...new Set(type.types.flatMap(one => (isPlain(one) ? [] : walk(one, prefix))))];
    const element = checker.isArrayType(type)
      ? checker.getIndexTypeOfType(type, ts.IndexKind.Number)
      : undefined;
    if (element) return walk(element, `${prefix}[]`);
    const value = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (value) return walk(value, `${prefix}.<key>`);
    return checker
      .getPropertiesOfType(type)
      .flatMap(property =>
        walk(checker.getTypeOfSymbol(property), prefix === '' ? property.name : `${prefix}.${property.name}`),
      );
  };
  return walk(checker.getTypeAtLocation(report), '');
};

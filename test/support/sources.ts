/** The source files as the architecture tests see them: their imports, and the words of their code without comments. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type ModuleItem, parseSync } from '@swc/core';

export const root = resolve(__dirname, '../..');

export interface Import {
  /** As it is written: a package, or a relative path. */
  readonly from: string;
  /** The file, from the root of the repository; `undefined` for packages. */
  readonly file: string | undefined;
  /** The names that are there at run time too, types left out; `*` for all. */
  readonly values: readonly string[];
}

export interface Source {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Every identifier and every piece of literal text, a line each. */
  readonly words: string;
}

/** The TypeScript files in a folder of the repository and below it. */
export function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

export function readSource(file: string): Source {
  const text = readFileSync(join(root, file), 'utf8');
  const { body } = parseSync(text, {
    syntax: 'typescript',
    decorators: true,
    tsx: file.endsWith('x'),
    target: 'es2022',
  });
  const words: string[] = [];
  const imports = body.flatMap((item) => importOf(file, item));
  visit(body, (node) => {
    if (node.type === 'Identifier' || node.type === 'StringLiteral') words.push(`${node.value}`);
    if (node.type === 'TemplateElement') words.push(`${node.raw}`);
    if (node.type === 'CallExpression' && (node.callee as Node).type === 'Import')
      imports.push({ ...targetOf(file, argumentOf(node)), values: ['*'] });
  });
  return { file, text, lines: text.trimEnd().split('\n').length, imports, words: words.join('\n') };
}

type Node = Record<string, unknown> & { type?: string };

function visit(value: unknown, see: (node: Node) => void): void {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) see(value as Node);
  for (const inner of Object.values(value)) visit(inner, see);
}

const argumentOf = (call: Node): string =>
  `${(call as { arguments?: { expression: { value?: string } }[] }).arguments?.[0]?.expression.value}`;

function importOf(file: string, item: ModuleItem): Import[] {
  if (item.type === 'ImportDeclaration') {
    const values = item.specifiers.flatMap((specifier) => {
      if (item.typeOnly || (specifier.type === 'ImportSpecifier' && specifier.isTypeOnly)) return [];
      if (specifier.type !== 'ImportSpecifier') return ['*'];
      return [specifier.imported?.value ?? specifier.local.value];
    });
    return [{ ...targetOf(file, item.source.value), values }];
  }
  if (item.type === 'ExportAllDeclaration' || (item.type === 'ExportNamedDeclaration' && item.source))
    return [{ ...targetOf(file, item.source?.value ?? ''), values: ['*'] }];
  return [];
}

function targetOf(file: string, from: string): Pick<Import, 'from' | 'file'> {
  if (!from.startsWith('.')) return { from, file: undefined };
  const path = resolve(root, dirname(file), from);
  const found = [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find(
    (candidate) => /\.\w+$/.test(candidate) && existsSync(candidate),
  );
  if (!found) throw new Error(`${file} imports ${from}, which is not there.`);
  return { from, file: relative(root, found) };
}

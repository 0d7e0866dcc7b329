import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const { resolve } = createRequire(import.meta.url);

/** What a file takes from another: names, or all of it. */
interface Import {
  readonly from: string;
  readonly names: readonly string[] | 'all';
}

const parsed = new Map<string, ts.SourceFile>();

function parse(url: string): ts.SourceFile {
  const known = parsed.get(url) ?? ts.createSourceFile(url, readFileSync(new URL(url), 'utf8'), ts.ScriptTarget.ESNext);
  parsed.set(url, known);
  return known;
}

const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;

/** `new URL('…', import.meta.url)`: how WebAssembly and the files of threads are named. */
function isFileUrl(node: ts.Node): node is ts.NewExpression & { readonly arguments: ts.NodeArray<ts.Expression> } {
  return ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL';
}

function importsOf(url: string): Import[] {
  const found: Import[] = [];
  const add = (from: string | undefined, names: Import['names']): void => {
    if (from !== undefined) found.push({ from, names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const names =
        node.importClause?.name === undefined && bindings !== undefined && ts.isNamedImports(bindings)
          ? bindings.elements.map((element) => (element.propertyName ?? element.name).text)
          : 'all';
      add(textOf(node.moduleSpecifier), names);
    } else if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause;
      const names =
        clause !== undefined && ts.isNamedExports(clause)
          ? clause.elements.map((element) => (element.propertyName ?? element.name).text)
          : 'all';
      add(textOf(node.moduleSpecifier), names);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(textOf(node.arguments[0]), 'all');
    } else if (isFileUrl(node)) {
      add(textOf(node.arguments[0]), 'all');
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(url));
  return found;
}

const frontDoorOf = (name: string): string => pathToFileURL(resolve(name)).href;

/** The files behind a package's front door that define the names. */
function definingFiles(name: string, names: Import['names']): string[] {
  const door = frontDoorOf(name);
  const wanted = new Set(names);
  const files: string[] = [];
  for (const statement of parse(door).statements) {
    if (!ts.isExportDeclaration(statement)) throw new RangeError(`${door} does more than name what others export`);
    const from = textOf(statement.moduleSpecifier);
    const clause = statement.exportClause;
    if (from === undefined || clause === undefined || !ts.isNamedExports(clause))
      throw new RangeError(`${door} exports without naming`);
    const given = clause.elements.map((element) => element.name.text);
    if (names !== 'all' && !given.some((one) => wanted.delete(one))) continue;
    given.forEach((one) => wanted.delete(one));
    if (from.startsWith('.')) files.push(new URL(from, door).href);
  }
  if (names !== 'all' && wanted.size > 0) throw new RangeError(`${name} does not export ${[...wanted].join(', ')}`);
  return files;
}

/** Adds the files that the given one needs, itself included. */
function walk(url: string, ignored: readonly string[], reached: Set<string>): void {
  if (reached.has(url)) return;
  reached.add(url);
  if (!url.endsWith('.js')) return;
  for (const { from, names } of importsOf(url)) {
    if (from.startsWith('.')) walk(new URL(from, url).href, ignored, reached);
    else if (from.startsWith('@ciphernet/') && !ignored.includes(from)) {
      for (const file of definingFiles(from, names)) walk(file, ignored, reached);
    }
  }
}

/**
 * The built files of this project that some built files need: their imports followed file by file, through the front
 * doors of packages to the files that define what is imported.
 *
 * @param entries by package, relative to its front door
 * @param ignored packages that are not followed
 * @returns by package, relative to its front door, sorted
 */
export function filesNeededBy(
  entries: Readonly<Record<string, readonly string[]>>,
  ignored: readonly string[],
): Record<string, string[]> {
  const reached = new Set<string>();
  for (const [name, files] of Object.entries(entries)) {
    for (const file of files) walk(new URL(file, frontDoorOf(name)).href, ignored, reached);
  }
  const byPackage: Record<string, string[]> = {};
  for (const url of [...reached].sort()) {
    const folder = /^(.*\/libs\/([^/]+)\/)dist\//.exec(url);
    if (folder === null) throw new RangeError(`${url} is in no package`);
    const name = `@ciphernet/${folder[2]}`;
    const root = `${dirname(fileURLToPath(frontDoorOf(name)))}/`;
    (byPackage[name] ??= []).push(fileURLToPath(url).slice(root.length));
  }
  return byPackage;
}

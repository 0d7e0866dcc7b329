// Puts a program of this workspace and all that it loads into one bundle: resolving and reading hundreds of modules is most of the start
// of a short process. Modules are made CommonJS by TypeScript and wrapped, in the order in which they are found; worker threads' files
// become bundles beside it. Dynamic imports stay outside and are loaded from where they are, but for the relative ones of packages that
// are named: commands that are loaded when they are asked for. A module of ours loads another when it first uses something of it, not
// when it starts: schemas, commands and formats that a step has no use for are most of what there is to load. A bundle is two files: the one
// that is run, a copy of bundle-launcher.cjs, and NAME.bundle.js, which that runs.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { MAY_IMPORT, readPackages, root } from './packages.mjs';

const packages = new Map(readPackages().map((entry) => [entry.name, entry]));

const OPTIONS = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2023,
  esModuleInterop: true,
  removeComments: true,
};

/** Loaded as empty: zod's error texts in fifty languages, of which the English ones are loaded by name as well. */
const EMPTY = /\/node_modules\/zod\/v4\/locales\/index\.c?js$/;

/** The file that a specifier means in a file. Our packages are ES modules; others are taken as CommonJS where they have it. */
function resolve(specifier, from) {
  if (isBuiltin(specifier)) return undefined;
  const own = packages.get(specifier);
  if (own !== undefined) return join(root, own.path, 'dist', 'index.js');
  if (specifier.startsWith('.')) {
    const path = fileURLToPath(new URL(specifier, pathToFileURL(from)));
    if (existsSync(path) && statSync(path).isFile()) return path;
  }
  return createRequire(from).resolve(specifier);
}

/** What a dynamic import loads: as an ES module, from the workspace's own node_modules. */
function addressOf(specifier, from) {
  if (specifier.startsWith('.')) return new URL(specifier, pathToFileURL(from)).href;
  return import.meta.resolve(specifier);
}

const isMetaUrl = (node) =>
  ts.isPropertyAccessExpression(node) && node.name.text === 'url' && ts.isMetaProperty(node.expression);

/** Specifiers that a module loads as it starts, and the changes to its text that a bundle needs. */
function analyse(text, path, bundleOf) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const loads = new Set();
  const dynamic = new Set();
  const edits = [];
  let isModule = false;
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      isModule = true;
      loads.add(node.moduleSpecifier.text);
    } else if (ts.isExportDeclaration(node) || ts.isExportAssignment(node)) isModule = true;
    else if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    ) {
      isModule = true;
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      edits.push({ node: node.expression, text: '__import' });
      if (ts.isStringLiteralLike(node.arguments[0])) dynamic.add(node.arguments[0].text);
    } else if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'require' &&
      node.arguments.length === 1 &&
      ts.isStringLiteralLike(node.arguments[0])
    ) {
      loads.add(node.arguments[0].text);
    } else if (
      ts.isNewExpression(node) &&
      node.expression.getText() === 'URL' &&
      node.arguments?.length === 2 &&
      isMetaUrl(node.arguments[1]) &&
      ts.isStringLiteralLike(node.arguments[0]) &&
      node.arguments[0].text.endsWith('.js')
    ) {
      const thread = fileURLToPath(new URL(node.arguments[0].text, pathToFileURL(path)));
      edits.push({ node, text: `new URL(${JSON.stringify(pathToFileURL(bundleOf(thread)).href)})` });
      return;
    } else if (isMetaUrl(node)) edits.push({ node, text: '__url' });
    ts.forEachChild(node, visit);
  };
  visit(file);
  let changed = text;
  for (const { node, text: replacement } of edits.toSorted((a, b) => b.node.getStart() - a.node.getStart())) {
    changed = changed.slice(0, node.getStart()) + replacement + changed.slice(node.getEnd());
  }
  return { loads, dynamic, isModule: isModule || edits.length > 0, text: changed };
}

/** `require("x")`, or that in one of TypeScript's wrappers for default and namespace imports. */
function isLoad(node) {
  if (node === undefined || !ts.isCallExpression(node)) return false;
  const { expression, arguments: given } = node;
  if (!ts.isIdentifier(expression) || given.length !== 1) return false;
  if (expression.text === 'require') return ts.isStringLiteralLike(given[0]);
  return ['__importDefault', '__importStar'].includes(expression.text) && isLoad(given[0]);
}

/**
 * Puts off what a module loads: `const x = require("x")` becomes a function that loads at its first call, and each use of `x` a call.
 * TypeScript's own re-exports are getters, so they load nothing before they are used either.
 *
 * @param {string} text CommonJS as TypeScript writes it
 */
export function deferred(text) {
  const file = ts.createSourceFile('module.cjs', text, ts.ScriptTarget.Latest, true);
  const names = new Set();
  const edits = [];
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      // TypeScript's own names, which nothing else in a module has; a namespace that is imported by a name of its author's is loaded at once.
      if (!ts.isIdentifier(name) || !/_\d+$/.test(name.text) || !isLoad(initializer)) continue;
      names.add(name.text);
      edits.push({ at: initializer.getStart(), insert: '__later(() => ' }, { at: initializer.getEnd(), insert: ')' });
    }
  }
  const visit = (node) => {
    if (ts.isIdentifier(node) && names.has(node.text)) {
      const { parent } = node;
      const isName =
        (ts.isVariableDeclaration(parent) && parent.name === node) ||
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node);
      // In parentheses, since `new x().Name()` would make an x.
      if (!isName) edits.push({ at: node.getStart(), insert: '(' }, { at: node.getEnd(), insert: '())' });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  let changed = text;
  for (const { at, insert } of edits.toSorted((a, b) => b.at - a.at)) {
    changed = changed.slice(0, at) + insert + changed.slice(at);
  }
  return changed;
}

/** The package of ours that a file is of. */
function packageOf(path) {
  return [...packages.values()].find((each) => path.startsWith(`${join(root, each.path)}/`));
}

/** @throws Error for a module of a party that a program may not load */
function assertOfParty(path, party) {
  const entry = packageOf(path);
  if (entry === undefined || MAY_IMPORT[party].includes(entry.party)) return;
  throw new Error(`a program of ${party} may not hold ${path}, which is of ${entry.party}`);
}

/**
 * Spells all characters beyond ASCII as escapes, which strings, templates, patterns and names take alike: with a single one of them the
 * whole file is decoded into characters of two bytes, which takes a tenth of the start of a short process.
 */
const inAscii = (text) => {
  // One that is escaped already would become an escaped backslash.
  if (/\\[^\0-\x7f]/.test(text)) throw new Error('a backslash stands before a character beyond ASCII');
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
};

/**
 * Bundles a program.
 *
 * @param {string} entry a module that starts the program as it is loaded
 * @param {string} target what is to be run, a `.cjs` file
 * @param {string} party whose program it is
 * @param {readonly string[]} parts packages whose relative dynamic imports are in the bundle
 * @returns {{ modules: number, bundles: string[] }}
 */
export function bundle(entry, target, party, parts = []) {
  const threads = new Map();
  const bundleOf = (thread) => {
    const name = join(dirname(target), `${basename(target, '.cjs')}-${basename(thread, '.js')}.cjs`);
    if (!threads.has(thread)) threads.set(thread, name);
    return name;
  };
  let modules = 0;
  const write = (start, file) => {
    const ids = new Map();
    const found = [];
    const add = (path) => {
      const known = ids.get(path);
      if (known !== undefined) return known;
      assertOfParty(path, party);
      const id = ids.size;
      ids.set(path, id);
      const content = EMPTY.test(path) ? '' : readFileSync(path, 'utf8');
      const source = content.replace(/^#!.*\n/, '').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
      const { loads, dynamic, isModule, text } = analyse(source, path, bundleOf);
      const module = { id, path, needs: {}, imports: {}, text: '' };
      found.push(module);
      // The start waits for what it does, at the top level.
      const script = isModule ? ts.transpileModule(text, { compilerOptions: OPTIONS }).outputText : text;
      module.text = isModule && packageOf(path) !== undefined ? deferred(script) : script;
      for (const specifier of loads) {
        const resolved = resolve(specifier, path);
        if (resolved !== undefined) module.needs[specifier] = add(resolved);
      }
      for (const specifier of dynamic) {
        if (isBuiltin(specifier)) continue;
        const isPart = specifier.startsWith('.') && parts.includes(packageOf(path)?.name);
        if (isPart) module.needs[specifier] = add(resolve(specifier, path));
        else module.imports[specifier] = addressOf(specifier, path);
      }
      return id;
    };
    add(start);
    const body = found.map(({ id, path, needs, imports, text }) => {
      const isStart = id === 0 ? 'async ' : '';
      const url = JSON.stringify(pathToFileURL(path).href);
      return `${id}: [${JSON.stringify(needs)}, ${JSON.stringify(imports)}, ${url}, ${isStart}function (module, exports, require, __import, __url, __filename, __dirname) {\n${text}\n}]`;
    });
    const path = `${file.slice(0, -'.cjs'.length)}.bundle.js`;
    writeFileSync(path, inAscii(`(function (require, importOutside) {\n${RUNTIME}({\n${body.join(',\n')}\n});\n})\n`));
    copyFileSync(fileURLToPath(new URL('bundle-launcher.cjs', import.meta.url)), file);
    modules += found.length;
  };
  mkdirSync(dirname(target), { recursive: true });
  write(entry, target);
  for (const [thread, file] of threads) write(thread, file);
  return { modules, bundles: [target, ...threads.values()] };
}

/** Loads modules by number, each once; everything that is not in the bundle as its module would have. */
const RUNTIME = `'use strict';
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const { fileURLToPath } = require('node:url');
const __later = (load) => {
  let loaded;
  return () => (loaded ??= load());
};
const start = (table) => {
  const loaded = new Map();
  const load = (id) => {
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const [needs, imports, url, body] = table[id];
    const module = { exports: {} };
    loaded.set(id, module);
    const path = fileURLToPath(url);
    let outside;
    const require = (specifier) => {
      if (specifier in needs) return load(needs[specifier]);
      outside ??= createRequire(path);
      return outside(specifier);
    };
    const importFrom = (specifier) =>
      specifier in needs ? Promise.resolve().then(() => load(needs[specifier])) : importOutside(imports[specifier] ?? specifier);
    let result;
    try {
      result = body.call(module.exports, module, module.exports, require, importFrom, url, path, dirname(path));
    } catch (error) {
      loaded.delete(id);
      throw error;
    }
    if (id === 0) result.catch((error) => { console.error(error); process.exit(1); });
    return module.exports;
  };
  load(0);
};
start`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [entry, target, party, ...parts] = process.argv.slice(2);
  if (party === undefined || !(party in MAY_IMPORT)) {
    console.error(
      `Usage: node scripts/bundle.mjs <entry.mjs> <target.cjs> <${Object.keys(MAY_IMPORT).join('|')}> [package …]`,
    );
    process.exit(2);
  }
  const { modules, bundles } = bundle(resolvePath(entry), resolvePath(target), party, parts);
  console.log(`bundled ${modules} modules: ${bundles.join(', ')}`);
}

// What each package really loads, read from its sources: static and dynamic imports, re-exports, `require`, and files
// named by `new URL(…, import.meta.url)`. Holds the walls between the parties to it.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { MAY_IMPORT, readPackages } from './packages.mjs';

/** Packages that may load a library which could do more than their party should: SEAL makes and uses secret keys. */
const HOMES = new Map([['node-seal', ['@ciphernet/seal', '@ciphernet/keyring']]]);

/** Files that import a name which is known at run time only, each with its reason. */
const COMPUTED_IMPORTS = new Map([
  ['libs/training/src/backend.ts', 'native TensorFlow.js packages, which are not dependencies and may be absent'],
]);

function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|js|mjs|cjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const isImportMetaUrl = (node) =>
  node !== undefined &&
  ts.isPropertyAccessExpression(node) &&
  node.name.text === 'url' &&
  ts.isMetaProperty(node.expression);

/** True for `require(x)` and for `require.resolve(x)`, whatever made `require`. */
const isRequire = ({ expression }) =>
  (ts.isIdentifier(expression) && expression.text === 'require') ||
  (ts.isCallExpression(expression) && expression.expression.getText().endsWith('createRequire')) ||
  (ts.isPropertyAccessExpression(expression) &&
    expression.name.text === 'resolve' &&
    /require/i.test(expression.expression.getText()));

/**
 * Everything that a source file loads.
 *
 * @returns specifiers as written; undefined for one that is computed
 */
export function loadedBy(text, name = 'file.ts') {
  const found = [];
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const literal = (node) => (node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined);
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      found.push(literal(node.moduleSpecifier));
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      found.push(literal(node.moduleReference.expression));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push(literal(node.arguments[0]));
    } else if (ts.isCallExpression(node) && node.arguments.length === 1 && isRequire(node)) {
      // A computed `resolve` names a package of data; a computed `require` would load it.
      const name = literal(node.arguments[0]);
      if (name !== undefined || ts.isIdentifier(node.expression)) found.push(name);
    } else if (
      ts.isNewExpression(node) &&
      node.expression.getText() === 'URL' &&
      isImportMetaUrl(node.arguments?.[1])
    ) {
      const path = literal(node.arguments[0]);
      if (path !== undefined) found.push(path);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Packages by name, each with what its sources load: `loads` has the file, the specifier and, for ours, the package. */
function readGraph(root) {
  const packages = new Map(readPackages(root).map((entry) => [entry.name, { ...entry, loads: [] }]));
  for (const entry of packages.values()) {
    for (const path of sourceFiles(join(root, entry.path, 'src'))) {
      const file = relative(root, path).split(sep).join('/');
      for (const specifier of loadedBy(readFileSync(path, 'utf8'), path)) entry.loads.push({ file, path, specifier });
    }
  }
  return packages;
}

function checkLoad(root, entry, { file, path, specifier }, packages) {
  if (specifier === undefined) {
    return COMPUTED_IMPORTS.has(file) ? undefined : `${file}: imports a name that is computed: it cannot be checked`;
  }
  if (specifier.startsWith('.')) {
    const inside = relative(join(root, entry.path), join(dirname(path), specifier));
    return inside.startsWith('..') ? `${file}: '${specifier}' leads out of its package` : undefined;
  }
  if (/^(\/|file:|data:|https?:)/.test(specifier)) return `${file}: '${specifier}' is an address, not a package`;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const homes = HOMES.get(name);
  if (homes !== undefined && !homes.includes(entry.name))
    return `${file}: only ${homes.join(' and ')} may load ${name}`;
  const other = packages.get(name);
  if (other === undefined) {
    if (name.startsWith('@ciphernet/')) return `${file}: there is no package ${name}`;
    const isKnown = specifier.startsWith('node:') || entry.dependencies.includes(name);
    return isKnown ? undefined : `${file}: ${name} is not among the dependencies of ${entry.name}`;
  }
  // An app's commands have a door of their own: its front door loads what all of them need. So have the engines' helpers, which start
  // before anything is loaded.
  const isDoor =
    specifier === name ||
    (entry.isApp && other.isApp && specifier === `${name}/commands`) ||
    (entry.isApp && specifier === '@ciphernet/engines/helpers');
  if (!isDoor) return `${file}: '${specifier}' is inside ${name}: only its front door is public`;
  if (other === entry) return `${file}: imports its own package`;
  if (!entry.dependencies.includes(name)) return `${file}: ${name} is not among the dependencies of ${entry.name}`;
  if (other.isApp && !entry.isApp) return `${file}: a library imports the app ${name}`;
  return undefined;
}

/**
 * Every breach of the walls in a workspace, a line each: a party that can load another's package through any chain of
 * packages, imports that lead around the front doors, and circles.
 */
export function findViolations(root) {
  const packages = readGraph(root);
  const problems = new Set();
  for (const entry of packages.values()) {
    if (!(entry.party in MAY_IMPORT)) problems.add(`${entry.path}: no party tag`);
    for (const load of entry.loads) {
      const problem = checkLoad(root, entry, load, packages);
      if (problem !== undefined) problems.add(problem);
    }
  }
  const next = (entry) => [
    ...new Set(
      [...entry.dependencies, ...entry.loads.map(({ specifier }) => specifier)].filter((n) => packages.has(n)),
    ),
  ];
  const reach = (name, path) => {
    const entry = packages.get(name);
    const first = packages.get(path[0]);
    if (path.length > 1 && !(MAY_IMPORT[first.party] ?? []).includes(entry.party)) {
      problems.add(`${path.join(' → ')}: ${first.party} may not reach ${entry.party}`);
      return;
    }
    for (const other of next(entry)) {
      if (path.includes(other)) problems.add(`${[...path, other].join(' → ')}: circular`);
      else if (!seen.has(other)) {
        seen.add(other);
        reach(other, [...path, other]);
      }
    }
  };
  let seen = new Set();
  for (const entry of packages.values()) {
    seen = new Set([entry.name]);
    reach(entry.name, [entry.name]);
  }
  return [...problems].sort();
}

/** A package and all that it can load, by name: what an installation of it has to hold. */
export function closureOf(root, name) {
  const packages = readGraph(root);
  const found = new Set([name]);
  for (const each of found) {
    for (const dependency of packages.get(each)?.dependencies ?? [])
      if (packages.has(dependency)) found.add(dependency);
  }
  return [...found].map((each) => packages.get(each));
}

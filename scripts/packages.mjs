// The workspace's packages and the party each belongs to; read by lint and by the party check.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What a party may import, besides its own. `all` composes the roles in one process; `development` is for tests and
 * checks, and runs with no party. */
export const MAY_IMPORT = {
  shared: ['shared'],
  client: ['shared', 'client'],
  compute: ['shared', 'compute'],
  operator: ['shared', 'operator'],
  development: ['shared', 'development'],
  all: ['shared', 'client', 'compute', 'operator', 'all'],
};

/** The workspace's packages, by their manifests. */
export function readPackages(folder = root) {
  const groups = ['libs', 'apps'].flatMap((group) => {
    const path = join(folder, group);
    return existsSync(path) ? readdirSync(path).map((name) => `${group}/${name}`) : [];
  });
  return [...groups, 'examples', 'attacks']
    .filter((path) => existsSync(join(folder, path, 'package.json')))
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
      const tag = manifest.nx?.tags?.find((t) => t.startsWith('party:'));
      return {
        name: manifest.name,
        path,
        isApp: path.startsWith('apps/'),
        party: tag?.slice('party:'.length),
        dependencies: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
      };
    });
}

export interface PackageEntry {
  readonly name: string;
  readonly path: string;
  readonly isApp: boolean;
  readonly party: string | undefined;
  readonly dependencies: readonly string[];
}
export function loadedBy(text: string, name?: string): (string | undefined)[];
export function findViolations(root: string): string[];
export function closureOf(root: string, name: string): PackageEntry[];

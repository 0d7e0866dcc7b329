/** Published accuracies of the reference project, by dataset; shares. */
export const REFERENCE: ReadonlyMap<string, { readonly base: number; readonly encrypted: number }> = new Map([
  ['mnist', { base: 0.991, encrypted: 0.982 }],
  ['fashion-mnist', { base: 0.8903, encrypted: 0.8811 }],
]);

/** Published accuracies of ArchNet, which trains on images that an encoder hides, by dataset; shares. */
export const ARCHNET: ReadonlyMap<string, number> = new Map([
  ['mnist', 0.9726],
  ['fashion-mnist', 0.8415],
]);

/**
 * Damage found deep in a Parquet file, where neither the file nor the column is known. Whoever reads a column or the footer
 * catches it and says both in an InputError.
 */
export class Damage extends Error {}

/** A value that cannot be given as what its column is; its message says why, to be completed by the row. */
export class Unreadable extends Error {}

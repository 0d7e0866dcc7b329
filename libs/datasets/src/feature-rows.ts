/** Features of examples, a row each; where they are kept is the maker's choice. */
export interface FeatureRows {
  /** Examples. */
  readonly count: number;
  /** Features of an example. */
  readonly width: number;
  /** Rows `from` (inclusive) to `to` (exclusive), count × width; to be read only. */
  read(from: number, to: number): Promise<Float32Array>;
  /**
   * Rows of these examples in this order, zeros where a number is negative.
   *
   * @param examples each below `count`
   * @param target takes them; a new array by default
   */
  gather(examples: Int32Array, target?: Float32Array): Promise<Float32Array>;
}

/** Rows in chunks of as many, the last one not filled to its end. */
function rowsOf(chunks: readonly Float32Array[], chunkRows: number, count: number, width: number): FeatureRows {
  const rowsOfChunk = (chunk: number, from: number, to: number): Float32Array =>
    (chunks[chunk] ?? new Float32Array(0)).subarray(from * width, to * width);
  const gather = (examples: Int32Array, rows = new Float32Array(examples.length * width)): Promise<Float32Array> => {
    examples.forEach((example, at) => {
      const row = example % chunkRows;
      if (example >= 0) rows.set(rowsOfChunk(Math.floor(example / chunkRows), row, row + 1), at * width);
      else rows.fill(0, at * width, (at + 1) * width);
    });
    return Promise.resolve(rows);
  };
  return {
    count,
    width,
    gather,
    read(from, to) {
      const chunk = Math.floor(from / chunkRows);
      const first = from - chunk * chunkRows;
      // Most reads are within one chunk, and copy nothing.
      if (first + to - from <= chunkRows) return Promise.resolve(rowsOfChunk(chunk, first, first + to - from));
      return gather(Int32Array.from({ length: to - from }, (_, i) => from + i));
    },
  };
}

/** Rows in memory. @param values count × width @throws RangeError unless they are whole rows */
export function rowsInMemory(values: Float32Array, width: number): FeatureRows {
  const count = values.length / width;
  if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are no rows of ${width}`);
  return rowsOf([values], Math.max(count, 1), count, width);
}

/** Values of a chunk, 4 MB: growing copies nothing. */
const CHUNK_VALUES = 2 ** 20;

/** Rows that are appended block by block. */
export interface GrowingRows {
  readonly width: number;
  readonly count: number;
  /** @param values whole rows */
  append(values: Float32Array): void;
  /** All rows; nothing is appended any more. */
  finished(): FeatureRows & { chunks(): Iterable<Float32Array> };
}

/** An empty list of rows in memory: 4 bytes a feature. */
export function growingRows(width: number): GrowingRows {
  const chunkRows = Math.max(1, Math.floor(CHUNK_VALUES / width));
  const chunks: Float32Array[] = [];
  let count = 0;
  return {
    width,
    get count() {
      return count;
    },
    append(values) {
      const rows = values.length / width;
      for (let done = 0; done < rows;) {
        const used = count % chunkRows;
        if (used === 0) chunks.push(new Float32Array(chunkRows * width));
        const taken = Math.min(rows - done, chunkRows - used);
        chunks.at(-1)?.set(values.subarray(done * width, (done + taken) * width), used * width);
        count += taken;
        done += taken;
      }
    },
    finished: () => ({
      ...rowsOf(chunks, chunkRows, count, width),
      chunks: () => chunks.map((chunk, c) => chunk.subarray(0, Math.min(chunkRows, count - c * chunkRows) * width)),
    }),
  };
}

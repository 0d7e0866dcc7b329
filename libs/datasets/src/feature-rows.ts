/** Features of examples, a row each; where they are kept is the maker's choice. */
export interface FeatureRows {
  /** Examples. */
  readonly count: number;
  /** Features of an example. */
  readonly width: number;
  /** Rows `from` (inclusive) to `to` (exclusive), count × width. */
  read(from: number, to: number): Promise<Float32Array>;
  /** Rows of these examples in this order, zeros where a number is negative. @param examples each below `count` */
  gather(examples: Int32Array): Promise<Float32Array>;
  /** Gives back what the rows are kept in. */
  close(): Promise<void>;
}

/** Rows in memory. @param values count × width @throws RangeError unless they are whole rows */
export function rowsInMemory(values: Float32Array, width: number): FeatureRows {
  const count = values.length / width;
  if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are no rows of ${width}`);
  return {
    count,
    width,
    read: (from, to) => Promise.resolve(values.subarray(from * width, to * width)),
    gather(examples) {
      const rows = new Float32Array(examples.length * width);
      examples.forEach((example, at) => {
        if (example >= 0) rows.set(values.subarray(example * width, (example + 1) * width), at * width);
      });
      return Promise.resolve(rows);
    },
    close: () => Promise.resolve(),
  };
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
  /** Copies one row; rows beyond the end are zeros. */
  const copy = (example: number, into: Float32Array, at: number): void => {
    const from = (example % chunkRows) * width;
    into.set((chunks[Math.floor(example / chunkRows)] ?? new Float32Array(0)).subarray(from, from + width), at * width);
  };
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
    finished() {
      const gather = (examples: Int32Array): Promise<Float32Array> => {
        const rows = new Float32Array(examples.length * width);
        examples.forEach((example, at) => {
          if (example >= 0) copy(example, rows, at);
        });
        return Promise.resolve(rows);
      };
      return {
        count,
        width,
        gather,
        read: (from, to) => gather(Int32Array.from({ length: to - from }, (_, i) => from + i)),
        close: () => Promise.resolve(),
        chunks: () => chunks.map((chunk, c) => chunk.subarray(0, Math.min(chunkRows, count - c * chunkRows) * width)),
      };
    },
  };
}

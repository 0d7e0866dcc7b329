import { EventEmitter } from 'node:events';
import type { PGlite } from '@electric-sql/pglite';

interface QueryResult<R> {
  rows: R[];
  rowCount: number;
}

/** First come, first served; PGlite is one session, so one statement or transaction at a time. */
class Turnstile {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves with the function that lets the next one in. */
  async enter(): Promise<() => void> {
    const before = this.#tail;
    let leave: () => void = () => undefined;
    this.#tail = new Promise((resolve) => (leave = resolve));
    await before;
    return leave;
  }
}

async function run<R>(database: PGlite, text: string, parameters?: readonly unknown[]): Promise<QueryResult<R>> {
  if (parameters === undefined || parameters.length === 0) {
    // Migrations hold several statements, which only the simple protocol takes.
    const results = await database.exec(text);
    const last = results.at(-1);
    return { rows: (last?.rows ?? []) as R[], rowCount: last?.affectedRows ?? last?.rows.length ?? 0 };
  }
  const result = await database.query<R>(text, [...parameters]);
  return { rows: result.rows, rowCount: result.affectedRows ?? result.rows.length };
}

const OPENS = /^\s*begin\b/i;
const CLOSES = /^\s*(commit|rollback)\b(?!\s+to\b)/i;

/** A checked-out client: holds the turnstile from BEGIN to COMMIT or ROLLBACK, and hears notifications. */
class EmbeddedClient extends EventEmitter {
  readonly #database: PGlite;
  readonly #turnstile: Turnstile;
  #leave: (() => void) | undefined;

  constructor(database: PGlite, turnstile: Turnstile) {
    super();
    this.#database = database;
    this.#turnstile = turnstile;
  }

  async query<R>(text: string, parameters?: readonly unknown[]): Promise<QueryResult<R>> {
    const inTransaction = this.#leave !== undefined;
    const leave = this.#leave ?? (await this.#turnstile.enter());
    let keep = inTransaction;
    try {
      const result = await run<R>(this.#database, text, parameters);
      if (OPENS.test(text)) keep = true;
      if (CLOSES.test(text)) keep = false;
      return result;
    } catch (error) {
      if (CLOSES.test(text)) keep = false;
      throw error;
    } finally {
      this.#leave = keep ? leave : undefined;
      if (!keep) leave();
    }
  }

  release(): void {
    this.removeAllListeners();
    this.#leave?.();
    this.#leave = undefined;
  }
}

/**
 * The part of `pg.Pool` that BullMQ's PostgreSQL backend uses, on in-process PGlite. All clients share the one session
 * that PGlite has.
 */
export class EmbeddedPool extends EventEmitter {
  /** BullMQ polls less when it believes that dead connections are noticed; this one cannot die. */
  readonly options = { keepAlive: true };
  readonly #database: PGlite;
  readonly #turnstile = new Turnstile();
  readonly #clients = new Set<EmbeddedClient>();
  readonly #stopListening: () => void;

  constructor(database: PGlite) {
    super();
    this.setMaxListeners(0);
    this.#database = database;
    this.#stopListening = database.onNotification((channel, payload) => {
      for (const client of this.#clients) client.emit('notification', { channel, payload });
    });
  }

  query<R>(text: string, parameters?: readonly unknown[]): Promise<QueryResult<R>> {
    return new EmbeddedClient(this.#database, this.#turnstile).query<R>(text, parameters);
  }

  connect(): Promise<EmbeddedClient> {
    const client = new EmbeddedClient(this.#database, this.#turnstile);
    client.setMaxListeners(0);
    this.#clients.add(client);
    const release = client.release.bind(client);
    client.release = () => {
      this.#clients.delete(client);
      release();
    };
    return Promise.resolve(client);
  }

  end(): Promise<void> {
    this.#stopListening();
    return Promise.resolve();
  }
}

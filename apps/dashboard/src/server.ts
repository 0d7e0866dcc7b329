import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { PUBLISHED } from '@ciphernet/artifacts';
import type { BlobStore } from '@ciphernet/blobs';
import { InputError, UnavailableError } from '@ciphernet/foundation';
import { identityFingerprint } from '@ciphernet/identity';
import { MOST_STATEMENT_BYTES, verifySigned } from '@ciphernet/publication';
import { QUEUES, type QueueBackend } from '@ciphernet/queue';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { boardAdapter } from './board-adapter.js';
import { login, loopbackNamesOnly, sameOriginOnly } from './login.js';
import { createMetrics } from './metrics.js';
import { createNames, readOverview } from './overview.js';
import { overviewPage, problemPage } from './pages.js';
import { publishedListPage, publishedPage } from './published-pages.js';
import { type DashboardSettings, checkSettings } from './settings.js';

/** A running dashboard; disposing of it ends its connections. */
export interface Dashboard extends AsyncDisposable {
  readonly url: string;
}

const HEALTH_LIMIT_MS = 3000;
const STATIC = fileURLToPath(new URL('../static', import.meta.url));
/** On the list of what is published; each has its own address besides. */
const MOST_LISTED = 500;
const NAME = /^[a-z][a-z0-9-]{2,63}$/;

/** No script but our own files and Bull Board's; its styles are inline. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
    },
  },
  // `no-referrer` would make a browser send `Origin: null` with the login over plain HTTP.
  referrerPolicy: { policy: 'same-origin' },
  // Plain HTTP behind a proxy that ends TLS: the proxy says so, not this process.
  strictTransportSecurity: false,
});

const refuseChanges: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  response.status(403).type('text').send('refused: this dashboard is read-only\n');
};

function bullBoard(backend: QueueBackend, readOnly: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath('/queues');
  createBullBoard({
    queues: Object.values(QUEUES).map((name) => boardAdapter(backend, name, readOnly)),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'CipherNet', miscLinks: [{ text: 'Overview', url: '/' }] } },
  });
  return serverAdapter.getRouter() as RequestHandler;
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new UnavailableError('no answer in time', { where: 'queue' })), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function routes(app: Express, backend: QueueBackend, blobs: BlobStore, settings: DashboardSettings): void {
  const metrics = createMetrics(backend);
  const nameOf = createNames(blobs);
  app.get('/', (_request, response) => {
    const hasLogin = settings.password !== undefined;
    response.type('html').send(overviewPage({ queue: backend.description, blobs: blobs.description, hasLogin }));
  });
  app.get('/api/overview', async (_request, response) => void response.json(await readOverview(backend, nameOf)));
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
  app.get('/published', async (_request, response) => {
    response.type('html').send(publishedListPage((await PUBLISHED.list(blobs)).slice(0, MOST_LISTED)));
  });
  app.get(['/published/:evaluation', '/published/:evaluation/signed'], async (request, response) => {
    const evaluation = String(request.params['evaluation']);
    const digest = NAME.test(evaluation) ? await PUBLISHED.get(blobs, evaluation) : undefined;
    if (digest === undefined) {
      response.status(404).type('html').send(problemPage(404, 'Nothing is published about this evaluation.'));
      return;
    }
    const signed = new TextDecoder().decode(await blobs.get(digest, MOST_STATEMENT_BYTES));
    const statement = verifySigned(signed, evaluation);
    if (request.path.endsWith('/signed')) response.attachment(`${evaluation}.signed.json`).type('json').send(signed);
    else response.type('html').send(publishedPage(statement, identityFingerprint(statement.owner)));
  });
  app.use('/queues', bullBoard(backend, settings.readOnly));
  app.use(express.static(STATIC, { index: false }));
}

/** The status of a request that express itself refused, like 413 for a body that is too large; 500 for anything else. */
function refusalOf(error: Error): number {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function createApp(backend: QueueBackend, blobs: BlobStore, settings: DashboardSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  // One proxy: what it says of the client's address and of TLS is believed, what the client says before it is not.
  app.set('trust proxy', settings.behindTls === true ? 1 : false);
  app.use(securityHeaders);
  // Before the login: a load balancer has no password, and learns nothing but up or down.
  app.get('/healthz', async (_request, response) => {
    try {
      await within(backend.queue(QUEUES.infer).getJobCounts('active'), HEALTH_LIMIT_MS);
      response.json({ status: 'ok' });
    } catch {
      response.status(503).json({ status: 'the queue does not answer' });
    }
  });
  app.use(sameOriginOnly);
  app.use(settings.password === undefined ? loopbackNamesOnly : login(settings.password, settings.behindTls === true));
  if (settings.readOnly) app.use(refuseChanges);
  routes(app, backend, blobs, settings);
  app.use(
    (_request, response) => void response.status(404).type('html').send(problemPage(404, 'There is no such page.')),
  );
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    const status = error.name === 'UnavailableError' ? 503 : refusalOf(error);
    const text = /^(Input|Integrity|Unavailable)Error$/.test(error.name)
      ? error.message
      : 'Something failed; see the log.';
    process.stderr.write(`dashboard: ${error.name}: ${error.message}\n`);
    response.status(status).type('html').send(problemPage(status, text));
  });
  return app;
}

/** Starts the dashboard. @throws InputError for settings that are not safe, or a port that is taken */
export async function startDashboard(
  backend: QueueBackend,
  blobs: BlobStore,
  settings: DashboardSettings,
): Promise<Dashboard> {
  const checked = checkSettings(settings);
  const { host, port } = checked;
  const app = createApp(backend, blobs, checked);
  const server = await new Promise<Server>((resolve, reject) => {
    const starting: Server = app.listen(port, host, (error?: Error) => {
      if (error === undefined) return resolve(starting);
      const { code = error.name } = error as NodeJS.ErrnoException;
      reject(
        new InputError(`cannot listen (${code})`, {
          where: `${host}:${port}`,
          hint: 'choose another port',
          cause: error,
        }),
      );
    });
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

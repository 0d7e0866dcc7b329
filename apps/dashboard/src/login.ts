import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import cookieSession from 'cookie-session';
import express from 'express';
import type { Request, RequestHandler, Response, Router } from 'express';
import { loginPage } from './pages.js';
import { isLoopback } from './settings.js';

const SESSION_MS = 12 * 3600 * 1000;
/**
 * Wrong passwords a minute from one address; beyond them every attempt from there waits, the right one too, and is then heard. So a
 * guesser gets ten attempts a second at most, against a password of ten characters at least, and locks nobody out who shares an
 * address.
 */
const GUESSES = 10;
const SLOW_MS = 2000;
/** Attempts of one address that wait at a time. */
const MOST_WAITING = 20;
const MINUTE_MS = 60_000;
/** Addresses and sessions that are remembered; the oldest is forgotten first. */
const REMEMBERED = 10_000;

/** Compared as digests: equal lengths, so the time says nothing about the password. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Password of HTTP basic authentication, which Prometheus can send. */
function basicPassword(request: Request): string | undefined {
  const [scheme, encoded] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

/** Another site must not act with a person's session: the browser says where a request comes from. */
export const sameOriginOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isOwn = site === 'same-origin' || (site === undefined && origin !== undefined && hostOf(origin) === host);
  if (isOwn) return next();
  response.status(403).type('text').send('refused: the request does not come from this page\n');
};

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** Without a password a page of another site could reach this one under a name of its own (DNS rebinding). */
export const loopbackNamesOnly: RequestHandler = (request, response, next) => {
  const { host = '' } = request.headers;
  if (isLoopback(host.replace(/:\d+$/, ''))) return next();
  response.status(421).type('text').send('refused: open the dashboard under localhost\n');
};

function forgetOldest(entries: {
  readonly size: number;
  keys(): Iterator<string>;
  delete(key: string): unknown;
}): void {
  while (entries.size > REMEMBERED) {
    const { value } = entries.keys().next() as { value: string };
    entries.delete(value);
  }
}

type Attempt = (request: Request, kind: 'form' | 'basic', given: string) => Promise<boolean | 'too many'>;

/** Counts wrong passwords by address and kind of login: a scraper with an old one must not slow its owner down. */
function guard(password: string): Attempt {
  const wrong = new Map<string, number[]>();
  const waiting = new Map<string, number>();
  return async (request, kind, given) => {
    const who = `${kind} ${request.ip ?? ''}`;
    const now = Date.now();
    const recent = (wrong.get(who) ?? []).filter((time) => now - time < MINUTE_MS);
    if (recent.length >= GUESSES) {
      const before = waiting.get(who) ?? 0;
      if (before >= MOST_WAITING) return 'too many';
      waiting.set(who, before + 1);
      await sleep(SLOW_MS);
      const left = (waiting.get(who) ?? 1) - 1;
      if (left > 0) waiting.set(who, left);
      else waiting.delete(who);
    }
    if (isSame(given, password)) return true;
    wrong.delete(who);
    wrong.set(who, [...recent.slice(-GUESSES), now]);
    forgetOldest(wrong);
    return false;
  };
}

/**
 * Session cookie, login and logout, and a guard for everything mounted after it.
 *
 * @param isBehindTls sessions travel over TLS only, which a proxy in front ends
 */
export function login(password: string, isBehindTls: boolean): Router {
  const router = express.Router();
  const attempt = guard(password);
  /** Until when each session lasts: known here, so that logging out ends it for every copy of the cookie. */
  const sessions = new Map<string, number>();
  const idOf = (request: Request): string => {
    const id: unknown = (request.session as { id?: unknown } | null | undefined)?.id;
    return typeof id === 'string' ? id : '';
  };
  // Keys of this process: sessions end with it.
  router.use(
    cookieSession({
      name: 'ciphernet',
      keys: [randomBytes(32).toString('hex')],
      maxAge: SESSION_MS,
      httpOnly: true,
      sameSite: 'strict',
      secure: isBehindTls,
    }),
  );
  router.get('/login', (_request, response) => void response.type('html').send(loginPage('')));
  router.post(
    '/login',
    express.urlencoded({ extended: false, limit: '2kb' }),
    async (request: Request, response: Response) => {
      const given = (request.body as { password?: unknown } | undefined)?.password;
      const outcome = await attempt(request, 'form', typeof given === 'string' ? given : '');
      if (outcome === true) {
        const id = randomUUID();
        sessions.set(id, Date.now() + SESSION_MS);
        forgetOldest(sessions);
        request.session = { id };
        return response.redirect(303, '/');
      }
      const [status, text] =
        outcome === 'too many' ? [429, 'Too many attempts: wait a minute.'] : [401, 'Wrong password.'];
      return response.status(status).type('html').send(loginPage(text));
    },
  );
  router.post('/logout', (request, response) => {
    sessions.delete(idOf(request));
    request.session = null;
    response.redirect(303, '/login');
  });
  router.use(async (request, response, next) => {
    if ((sessions.get(idOf(request)) ?? 0) > Date.now()) return next();
    const basic = basicPassword(request);
    if (basic !== undefined && (await attempt(request, 'basic', basic)) === true) return next();
    if (request.method === 'GET' && request.accepts(['html', 'json']) === 'html') {
      return response.redirect(303, '/login');
    }
    response.status(401).set('WWW-Authenticate', 'Basic realm="ciphernet"').type('text').send('log in first\n');
  });
  return router;
}

/** Connections to Redis: address, authentication, TLS; they come back by themselves after every outage. */
import { rootCertificates } from 'node:tls';
import { Redis } from 'ioredis';
import { PlimsollError } from '../../errors/index.ts';

/** Where Redis is, and who we are to it. */
export interface QueueConnection {
  readonly host: string;
  readonly port: number;
  /** Number of the database. */
  readonly db: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** TLS: certificates of authorities in PEM beside the system's own, if any; undefined = no TLS. */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
}

/** Longest pause between two attempts to connect again [ms]. */
const MOST_PAUSE_MS = 1000;
/** Pause that grows with each attempt [ms]. */
const PAUSE_MS = 50;
/** What comes of a wrong name, password or certificate: waiting mends none of them. */
const DENIED = /WRONGPASS|NOAUTH|NOPERM|invalid password|certificate|self-signed/i;

/** A connection as the library takes it. Commands wait for the connection, however long it is away. */
export function redisOptions({ host, port, db, username, password, tls }: QueueConnection) {
  return {
    host,
    port,
    db,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] } }),
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => Math.min(attempt * PAUSE_MS, MOST_PAUSE_MS),
  };
}

/** The address without what is secret. */
export function addressOf({ host, port, db, tls }: QueueConnection): string {
  return `${tls === undefined ? 'redis' : 'rediss'}://${host}:${port}/${db}`;
}

/**
 * Connects, and waits for Redis no longer than `patienceMs`. Who is denied is told at once. From then on outages are told through `say`,
 * once each, and waited out.
 */
export async function connectRedis(
  connection: QueueConnection,
  patienceMs: number,
  say: (text: string) => void,
): Promise<Redis> {
  const client = new Redis(redisOptions(connection));
  const address = addressOf(connection);
  await new Promise<void>((resolve, reject) => {
    let last = 'no answer';
    const fail = () => {
      client.disconnect();
      reject(new PlimsollError('P701', { message: `${address} cannot be reached: ${last}` }));
    };
    const timer = setTimeout(fail, Math.min(patienceMs, 2 ** 31 - 1));
    client.on('error', (error: Error) => {
      last = error.message;
      if (DENIED.test(last)) {
        clearTimeout(timer);
        fail();
      }
    });
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  tellOutages(client, address, say);
  return client;
}

function tellOutages(client: Redis, address: string, say: (text: string) => void): void {
  let isAway = false;
  client.on('close', () => {
    // A connection that is closed on purpose does not try again.
    if (isAway || client.status === 'end') return;
    isAway = true;
    say(`${address} is away; waiting for it`);
  });
  client.on('ready', () => {
    if (isAway) say(`${address} is back`);
    isAway = false;
  });
}

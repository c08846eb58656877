/** The options that say which queue, and who we are to it. Secrets come from the environment too, as command lines are seen by others. */
import { type Command, Option } from 'commander';
import { PlimsollError, type QueueConnection } from '../index.ts';
import { nodeFiles } from './files.ts';

/** Options as commander hands them over. */
export interface TypedQueueOptions {
  readonly queue?: URL;
  readonly queueCa?: string;
}

/** Variables of the environment that stand in for what --queue leaves out. */
const USERNAME = 'PLIMSOLL_QUEUE_USERNAME';
const PASSWORD = 'PLIMSOLL_QUEUE_PASSWORD';
/** Port of Redis where the URL has none. */
const REDIS_PORT = 6379;

/** Adds the options to a command. */
export function addQueueOptions(command: Command, help: string): Command {
  return command
    .addOption(
      new Option(
        '--queue <redis://HOST:PORT>',
        `${help}; rediss:// for TLS, USER:PASSWORD@ or ${USERNAME}, ${PASSWORD}`,
      ).argParser(parseQueue),
    )
    .option('--queue-ca <FILE>', "certificates of the queue's authority in PEM, beside those of the system");
}

/** The queue that was asked for; undefined if none was. */
export function queueOf({ queue, queueCa }: TypedQueueOptions): QueueConnection | undefined {
  if (queue === undefined) {
    if (queueCa === undefined) return undefined;
    throw new PlimsollError('P102', { message: '--queue-ca is of use only with --queue rediss://HOST:PORT' });
  }
  const isSecure = queue.protocol === 'rediss:';
  if (queueCa !== undefined && !isSecure) {
    throw new PlimsollError('P102', {
      message: '--queue-ca has no effect without TLS',
      fix: 'write rediss:// instead of redis://',
    });
  }
  return {
    host: queue.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: queue.port === '' ? REDIS_PORT : Number(queue.port),
    db: Number(queue.pathname.slice(1)),
    username: decodeURIComponent(queue.username) || process.env[USERNAME] || undefined,
    password: decodeURIComponent(queue.password) || process.env[PASSWORD] || undefined,
    tls: isSecure ? { ca: queueCa === undefined ? undefined : readAuthority(queueCa) } : undefined,
  };
}

/** A command line as others may see it: without the password of a queue. */
export function withoutSecrets(words: readonly string[]): string[] {
  return words.map((word) => word.replace(/(rediss?:\/\/[^\s:/@]*:)[^\s@]*@/g, '$1***@'));
}

/** --queue: where Redis is. */
function parseQueue(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRight =
    url !== undefined &&
    ['redis:', 'rediss:'].includes(url.protocol) &&
    url.hostname !== '' &&
    /^\/?\d*$/.test(url.pathname) &&
    url.search === '';
  if (isRight) return url;
  throw new PlimsollError('P102', {
    message: `--queue ${withoutSecrets([text])} cannot be understood`,
    expected: 'redis://HOST:PORT or rediss://USER:PASSWORD@HOST:PORT/DATABASE',
  });
}

function readAuthority(path: string): string {
  try {
    return nodeFiles.readText(path);
  } catch (error) {
    throw new PlimsollError('P201', { message: `${path} cannot be read: ${(error as Error).message}` });
  }
}

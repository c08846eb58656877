/** Who works for a queue, and who refuses to: coordinators tell their users, instead of waiting in silence. */
import type { Redis } from 'ioredis';
import { PREFIX, PRESENCE_MS, PRESENCE_SECONDS } from './protocol.ts';

/** Workers that are there, each under a key that goes by itself. */
const WORKERS = `${PREFIX}:worker:`;
/** Workers that refused tasks of another program than theirs. */
const REFUSALS = `${PREFIX}:refusals`;
/** How long a refusal is told [s]. */
const REFUSAL_SECONDS = 60;

/** Tells that a worker is there, until the returned function is called. */
export function tellPresence(redis: Redis, name: string): () => Promise<void> {
  const tell = () => {
    // While Redis is away nobody reads it either.
    if (redis.status === 'ready') redis.set(`${WORKERS}${name}`, '1', 'EX', PRESENCE_SECONDS).catch(() => {});
  };
  tell();
  const timer = setInterval(tell, PRESENCE_MS);
  return async () => {
    clearInterval(timer);
    if (redis.status === 'ready') await redis.del(`${WORKERS}${name}`);
  };
}

/** Whether any worker is there. */
export async function hasWorkers(redis: Redis): Promise<boolean> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${WORKERS}*`, 'COUNT', 1000);
    if (keys.length > 0) return true;
    cursor = next;
  } while (cursor !== '0');
  return false;
}

/** Tells coordinators that a worker refuses their tasks, and what it is. */
export async function tellRefusal(redis: Redis, name: string, program: string): Promise<void> {
  await redis.hset(REFUSALS, name, program);
  await redis.expire(REFUSALS, REFUSAL_SECONDS);
}

/** Workers that refused tasks lately, with what they are. */
export async function refusals(redis: Redis): Promise<ReadonlyMap<string, string>> {
  return new Map(Object.entries(await redis.hgetall(REFUSALS)));
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds, NO_VERSION, type ObjectKey, ObjectTables, type VersionHandle } from '../../../src/cluster/index.ts';
import { elementSizes, tombstoneBytes } from '../../../src/components/etcd/mvcc/element-size.ts';
import { Keyspace } from '../../../src/components/etcd/mvcc/keyspace.ts';

const KEYS = 6;
const KEY_LENGTH = 40;

/** A key space and a plain list of everything that ever happened in it. */
class Twin {
  readonly tables = new ObjectTables();
  readonly sizeOf = elementSizes(this.tables, KEY_LENGTH);
  readonly keyspace = new Keyspace(this.tables, this.sizeOf);
  readonly keys: ObjectKey[] = Array.from({ length: KEYS }, (_, i) =>
    this.tables.keysOf(kinds.configmaps).intern('', `k${i}`),
  );
  /** Position, revision, key and content (0 = a tombstone) of every modification. */
  readonly events: { position: number; revision: number; key: number; content: number; bytes: number }[] = [];
  private content = 0;

  put(key: number): void {
    const table = this.tables.configmaps;
    const version = table.allocate(this.keys[key] as ObjectKey);
    table.bytes.set(version, ++this.content);
    const { revision } = this.keyspace.put(kinds.configmaps, version);
    this.note(revision, key, this.content, this.sizeOf(kinds.configmaps, version));
  }

  remove(key: number): void {
    if (this.keyspace.current(kinds.configmaps, this.keys[key] as ObjectKey) === NO_VERSION) return;
    const { revision } = this.keyspace.remove(kinds.configmaps, this.keys[key] as ObjectKey);
    this.note(revision, key, 0, tombstoneBytes(KEY_LENGTH));
  }

  /** Content of a key at a revision, found by looking through the list. */
  contentAt(key: number, revision: number): number {
    return this.events.findLast((event) => event.key === key && event.revision <= revision)?.content ?? 0;
  }

  /** What a compaction leaves, by the list: the newest of each key up to it unless that is a tombstone, and everything after it. */
  kept(revision: number): number[] {
    return this.events
      .filter((event) => {
        if (event.revision > revision) return true;
        const isNewest = !this.events.some(
          (e) => e.key === event.key && e.position > event.position && e.revision <= revision,
        );
        return isNewest && event.content !== 0;
      })
      .map(({ position }) => position);
  }

  readAt(key: number, revision: number): number {
    const version = this.keyspace.versionAt(kinds.configmaps, this.keys[key] as ObjectKey, revision);
    return version === NO_VERSION ? 0 : this.tables.configmaps.bytes.get(version);
  }

  private note(revision: number, key: number, content: number, bytes: number): void {
    this.events.push({ position: this.keyspace.log.end - 1, revision, key, content, bytes });
  }
}

const key = fc.nat(KEYS - 1);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('put' as const), key }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('remove' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('transaction' as const), keys: fc.array(key, { maxLength: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('compact' as const), back: fc.nat(10), release: fc.nat(10) }) },
);

describe('the key space', () => {
  it('tells the version of every key at every revision that is not released, as a plain list of all events does', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const twin = new Twin();
        const { keyspace } = twin;
        let released = 0;
        /** Positions that compactions have deleted. */
        const gone = new Set<number>();
        for (const step of operations) {
          if (step.what === 'put') twin.put(step.key);
          else if (step.what === 'remove') twin.remove(step.key);
          else if (step.what === 'transaction') {
            const before = keyspace.revision;
            keyspace.begin();
            for (const each of step.keys) twin.put(each);
            for (const each of step.keys) twin.remove(each);
            keyspace.end();
            // However much it changes, a transaction takes one revision.
            expect(keyspace.revision).toBe(before + Math.min(1, step.keys.length));
          } else {
            const revision = keyspace.revision - step.back;
            const plan = keyspace.compact(revision);
            if (plan !== undefined) {
              const bytes = new Map(twin.events.map((event) => [event.position, event.bytes]));
              for (const [index, position] of plan.positions.entries()) {
                expect(gone.has(position)).toBe(false);
                gone.add(position);
                expect(plan.bytes[index]).toBe(bytes.get(position));
              }
              const left = twin.events.map(({ position }) => position).filter((position) => !gone.has(position));
              expect(left).toEqual(twin.kept(revision));
            }
            released = Math.max(released, Math.min(revision - step.release, keyspace.compactedRevision));
            keyspace.release(released);
          }
          for (let revision = Math.max(1, released); revision <= keyspace.revision; revision++) {
            for (let each = 0; each < KEYS; each++) {
              expect(twin.readAt(each, revision)).toBe(twin.contentAt(each, revision));
            }
          }
          // Besides what is current, only what can still be read is held.
          const held = twin.tables.configmaps.live;
          expect(held).toBeLessThanOrEqual(keyspace.objectCount + keyspace.log.end - keyspace.log.first);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('holds nothing but what is current once everything is compacted and released', () => {
    const twin = new Twin();
    for (let i = 0; i < 3000; i++) twin.put(i % KEYS);
    twin.remove(0);
    expect(twin.tables.configmaps.live).toBe(3000);
    twin.keyspace.compact(twin.keyspace.revision);
    expect(twin.tables.configmaps.live).toBe(3000);
    twin.keyspace.release(twin.keyspace.revision);
    expect(twin.tables.configmaps.live).toBe(KEYS - 1);
  });

  it('goes back to a snapshot, with revisions that no client has seen', () => {
    const twin = new Twin();
    for (let i = 0; i < KEYS; i++) twin.put(i);
    const snapshot = twin.keyspace.snapshot();
    const then = twin.keyspace.revision;
    twin.put(0);
    twin.remove(1);
    const differences: number[] = [];
    twin.keyspace.restore(snapshot, 1000, ({ key }) => differences.push(key));
    expect(differences).toEqual([0, 1]);
    twin.keyspace.releaseSnapshot(snapshot);
    expect(twin.keyspace.objectCount).toBe(KEYS);
    expect(twin.readAt(0, twin.keyspace.revision)).toBe(twin.contentAt(0, then));
    expect(twin.keyspace.revision).toBe(then + 1000);
    twin.put(0);
    expect(twin.keyspace.revision).toBe(then + 1001);
    expect(twin.readAt(0, then + 1000)).toBe(twin.contentAt(0, then));
    const version = twin.keyspace.current(kinds.configmaps, twin.keys[1] as ObjectKey) as VersionHandle;
    expect(twin.tables.configmaps.isLive(version)).toBe(true);
    expect(twin.tables.configmaps.live).toBe(KEYS + 1);
  });
});

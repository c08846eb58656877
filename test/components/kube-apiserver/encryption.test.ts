import { describe, expect, it } from 'vitest';
import { type Kind, kinds, type ObjectKey } from '../../../src/cluster/index.ts';
import { StatusCode, writes } from '../../../src/components/api-machinery/index.ts';
import { ApiWorld } from '../api-world.ts';

const SIZE = 400_000;

/** How long it takes to write and to read an object of 400 kB, with 10 ns for each byte that is encrypted or sent by TLS [ms]. */
function latencies(kind: Kind, write: number, encryptionAtRest: string, tlsPerByte = 0) {
  const costs = { encryptionAescbc: 10, encryptionAesgcm: 10, encryptionSecretbox: 10, encryptionKmsKey: 3e6 };
  const constant = { distribution: 'constant', value: 200_000 } as const;
  const world = new ApiWorld(
    {
      etcd: { members: 1, tlsPerByte, walSync: constant },
      kubeApiserver: { encryptionAtRest, ...costs },
      network: { controlPlaneDelay: constant },
    },
    'encryption',
  );
  const client = world.client();
  const took = { write: 0, read: 0 };
  const { simulation, requests } = world;
  world.play(
    (function* () {
      const key = world.tables.keysOf(kind).intern('default', 'large') as ObjectKey;
      const request = client.write(write, key);
      requests.setNumber(request, 0, SIZE);
      const began = simulation.now;
      const written = yield* client.call(request);
      expect(requests.code[written]).toBe(StatusCode.Created);
      took.write = (simulation.now - began) / 1e6;
      yield 1e9;
      const asked = simulation.now;
      yield* client.call(client.read(kind, key));
      took.read = (simulation.now - asked) / 1e6;
    })(),
  );
  return took;
}

describe('encryption at rest', () => {
  it.each(['aescbc', 'aesgcm', 'secretbox'])(
    '%s takes CPU for each byte of a Secret that is written or read',
    (how) => {
      const clear = latencies(kinds.secrets, writes.secretCreate, 'none');
      const encrypted = latencies(kinds.secrets, writes.secretCreate, how);
      expect(encrypted.write - clear.write).toBeCloseTo(4, 1);
      expect(encrypted.read - clear.read).toBeCloseTo(4, 1);
    },
  );

  it('kms derives a key for each object beside', () => {
    const clear = latencies(kinds.secrets, writes.secretCreate, 'none');
    const encrypted = latencies(kinds.secrets, writes.secretCreate, 'kms');
    expect(encrypted.write - clear.write).toBeCloseTo(7, 1);
    expect(encrypted.read - clear.read).toBeCloseTo(7, 1);
  });

  it('leaves other kinds alone', () => {
    const clear = latencies(kinds.configmaps, writes.configMapCreate, 'none');
    expect(latencies(kinds.configmaps, writes.configMapCreate, 'aescbc')).toEqual(clear);
  });
});

describe('TLS between API servers and etcd', () => {
  it('takes time for each byte that is written, and for each that is read', () => {
    const plain = latencies(kinds.configmaps, writes.configMapCreate, 'none');
    const encrypted = latencies(kinds.configmaps, writes.configMapCreate, 'none', 10);
    expect(encrypted.write - plain.write).toBeCloseTo(4, 1);
    expect(encrypted.read - plain.read).toBeCloseTo(4, 1);
  });
});

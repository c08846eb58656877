import { describe, expect, it } from 'vitest';
import type { ObjectKey, SliceEndpoint } from '../../../src/cluster/index.ts';
import { type PresentSlice, packEndpoints } from '../../../src/components/kube-controller-manager/endpoint-packing.ts';

const SIZE = 100;

function endpoint(pod: number, ready = true): SliceEndpoint {
  return { pod: pod as ObjectKey, node: 0 as ObjectKey, ready, serving: ready, terminating: false };
}

/** Endpoints of pods `from` to `to`, the latter not included. */
function endpoints(from: number, to: number): SliceEndpoint[] {
  return Array.from({ length: to - from }, (_, i) => endpoint(from + i));
}

function slice(key: number, listed: readonly SliceEndpoint[]): PresentSlice {
  return { key: key as ObjectKey, revision: 10 + key, endpoints: listed };
}

function pack(present: readonly PresentSlice[], desired: readonly SliceEndpoint[]) {
  const { create, update, remove } = packEndpoints(present, new Map(desired.map((one) => [one.pod, one])), SIZE);
  return {
    create: create.map((listed) => listed.length),
    update: update.map(({ key, revision, endpoints: listed }) => ({ key, revision, count: listed.length })),
    remove,
  };
}

describe('the packing of endpoints into slices', () => {
  it('fills new slices one after the other', () => {
    expect(pack([], endpoints(0, 250))).toEqual({ create: [100, 100, 50], update: [], remove: [] });
  });

  it('gives a Service without endpoints one empty slice, and leaves it alone from then on', () => {
    expect(pack([], [])).toEqual({ create: [0], update: [], remove: [] });
    expect(pack([slice(1, [])], [])).toEqual({ create: [], update: [], remove: [] });
  });

  it('writes the empty slice over when the first endpoints come, without a precondition', () => {
    const changes = pack([slice(1, [])], endpoints(0, 3));
    expect(changes).toEqual({ create: [], update: [{ key: 1, revision: 0, count: 3 }], remove: [] });
  });

  it('empties the last slice when all endpoints go, and deletes the others', () => {
    const changes = pack([slice(1, endpoints(0, 100)), slice(2, endpoints(100, 120))], []);
    expect(changes).toEqual({ create: [], update: [{ key: 1, revision: 0, count: 0 }], remove: [2] });
  });

  it('writes only the slice whose endpoint changed', () => {
    const present = [slice(1, endpoints(0, 100)), slice(2, endpoints(100, 150))];
    const desired = [...endpoints(0, 120), endpoint(120, false), ...endpoints(121, 150)];
    expect(pack(present, desired)).toEqual({ create: [], update: [{ key: 2, revision: 12, count: 50 }], remove: [] });
  });

  it('writes nothing if nothing changed', () => {
    expect(pack([slice(1, endpoints(0, 50))], endpoints(0, 50))).toEqual({ create: [], update: [], remove: [] });
  });

  it('puts new endpoints into slices that are written anyway, the fullest first', () => {
    const present = [slice(1, endpoints(0, 90)), slice(2, endpoints(100, 199))];
    // One leaves each slice; five come.
    const desired = [...endpoints(1, 90), ...endpoints(101, 199), ...endpoints(300, 305)];
    expect(pack(present, desired)).toEqual({
      create: [],
      update: [
        { key: 2, revision: 12, count: 100 },
        { key: 1, revision: 11, count: 92 },
      ],
      remove: [],
    });
  });

  it('puts what is left into the fullest slice that has room for all of it', () => {
    const present = [slice(1, endpoints(0, 99)), slice(2, endpoints(100, 180)), slice(3, endpoints(200, 250))];
    const desired = [...endpoints(0, 99), ...endpoints(100, 180), ...endpoints(200, 250), ...endpoints(300, 305)];
    expect(pack(present, desired)).toEqual({ create: [], update: [{ key: 2, revision: 12, count: 85 }], remove: [] });
  });

  it('creates a slice rather than spread what is left over several', () => {
    const present = [slice(1, endpoints(0, 99)), slice(2, endpoints(100, 199))];
    const desired = [...endpoints(0, 99), ...endpoints(100, 199), ...endpoints(300, 302)];
    expect(pack(present, desired)).toEqual({ create: [2], update: [], remove: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { type Kind, ObjectTables, resourceNames } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { bytes } from '../../../src/units/index.ts';
import { load, problemsOf, scenarioText } from '../../scenario/support.ts';
import { ApiWorld } from '../api-world.ts';

const widgets = [{ resource: 'widgets.example.com', size: bytes(3000) }];

describe('custom resources', () => {
  it('are kinds of their own: created, changed, listed and deleted apart from all others', () => {
    const world = new ApiWorld({}, 'custom', { customResources: widgets });
    const kind = world.tables.kindNamed('widgets.example.com') as Kind;
    const key = world.tables.keysOf(kind).intern('default', 'a');
    const client = world.client();
    const codes: number[] = [];
    const listed: number[] = [];
    world.play(
      (function* () {
        for (const [write, size] of [
          [writes.objectCreate, 3000],
          [writes.objectUpdate, 4000],
          [writes.objectPatch, 5000],
        ] as const) {
          const request = client.write(write, key, kind);
          world.requests.setNumber(request, 0, size);
          codes.push(world.requests.code[yield* client.call(request)] as number);
        }
        const reply = yield* client.call(client.list(kind, -1, false));
        listed.push((world.requests.object[reply] as unknown[]).length);
        codes.push(world.requests.code[yield* client.call(client.deletion(kind, key))] as number);
      })(),
    );
    expect(codes).toEqual([201, 200, 200, 200]);
    expect(listed).toEqual([1]);
    expect(world.store.objectCount(kind)).toBe(0);
    expect(world.tables.isCustom(kind)).toBe(true);
  });

  it('appear under their own name in the metrics, and cost nothing where there are none', () => {
    const world = new ApiWorld({}, 'custom', { customResources: widgets });
    const kind = world.tables.kindNamed('widgets.example.com') as Kind;
    const client = world.client();
    world.play(
      (function* () {
        yield* client.call(client.write(writes.objectCreate, world.tables.keysOf(kind).intern('default', 'a'), kind));
      })(),
    );
    const posts = world.recorder
      .result()
      .series.filter(
        ({ metric, labels }) => metric === 'apiserver_request_total' && labels.includes('resource=widgets.example.com'),
      );
    expect(posts).toHaveLength(1);
    expect(new ObjectTables().kindCount).toBe(resourceNames.length);
  });

  it('are declared in the scenario, each once', () => {
    const text = 'customResources: [{ resource: widgets.example.com, size: 3k }]';
    expect(load(scenarioText(text)).customResources).toEqual(widgets);
    const twice = problemsOf(
      scenarioText('customResources: [{ resource: a.example.com, size: 3k }, { resource: a.example.com, size: 1k }]'),
    );
    expect(twice.map(({ details }) => details.path)).toEqual(['spec.customResources[1].resource']);
    expect(problemsOf(scenarioText('customResources: [{ resource: Widget, size: 3k }]'))).toHaveLength(1);
  });
});

/** ConfigMaps that change at random, and an informer that writes down what it is told. */
import fc from 'fast-check';
import { type Kind, kinds, NO_VERSION, type ObjectKey, type VersionHandle } from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import { type ApiClient, SharedInformer } from '../../../src/components/client-go/index.ts';
import { seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

/** What an informer or the store tells: revision of the object, 0 for deletions. */
export interface Told {
  readonly what: 'add' | 'update' | 'delete';
  readonly key: number;
  readonly revision: number;
}

export interface Step {
  /** Pause before it [ms]. */
  readonly pause: number;
  readonly key: number;
  readonly what: 'write' | 'delete';
}

export const stepsArbitrary: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })),
    key: fc.nat(4),
    what: fc.constantFrom('write', 'write', 'write', 'delete'),
  }),
  { minLength: 1, maxLength: 40 },
);

export class InformerWorld extends ApiWorld {
  readonly kind: Kind = kinds.configmaps;
  /** What the store committed, and what the informer was told. */
  readonly committed: Told[] = [];
  readonly told: Told[] = [];
  /** Client of the informer. */
  readonly watching: ApiClient;
  readonly informer: SharedInformer;
  private readonly writer: ApiClient;
  private readonly ignore: number;

  constructor(overrides: Overrides = {}, seed = 'informer') {
    super(overrides, seed);
    const { tables, clientGo, store } = this;
    this.watching = this.client();
    this.writer = this.client();
    this.ignore = clientGo.onReplyDo(() => {});
    const revision = (version: VersionHandle) => tables.configmaps.revision.get(version);
    const key = (version: VersionHandle) => tables.configmaps.key.get(version);
    store.observe((change) => {
      if (change.kind !== kinds.configmaps) return;
      const { version, previous } = change;
      const what = version === NO_VERSION ? 'delete' : previous === NO_VERSION ? 'add' : 'update';
      this.committed.push({ what, key: change.key, revision: version === NO_VERSION ? 0 : revision(version) });
    });
    this.informer = new SharedInformer(clientGo, this.watching, kinds.configmaps, clientGo.reflectorReplies);
    this.informer.addHandler({
      onAdd: (version) => this.told.push({ what: 'add', key: key(version), revision: revision(version) }),
      onUpdate: (version) => this.told.push({ what: 'update', key: key(version), revision: revision(version) }),
      onDelete: (previous) => this.told.push({ what: 'delete', key: key(previous), revision: 0 }),
    });
  }

  /** Asks for a change; it is refused if there is nothing to delete. */
  change({ key, what }: Step): void {
    const object = key as ObjectKey;
    this.configMap(`c${key}`);
    if (what === 'delete') {
      this.writer.send(this.writer.deletion(kinds.configmaps, object), this.ignore);
      return;
    }
    const exists = this.store.current(kinds.configmaps, object) !== NO_VERSION;
    const request = this.writer.write(exists ? writes.configMapPatch : writes.configMapCreate, object);
    this.requests.setNumber(request, 0, 900 + this.committed.length);
    this.writer.send(request, this.ignore);
  }

  /** Plays the steps; `between` is called after each. */
  playSteps(steps: readonly Step[], between: (index: number) => void = () => {}): void {
    for (let key = 0; key < 5; key++) this.configMap(`c${key}`);
    steps.forEach((step, index) => {
      this.runFor(step.pause / 1000);
      this.change(step);
      between(index);
    });
  }

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  /** Key and revision of every object, as the store has them. */
  stored(): [number, number][] {
    const found: [number, number][] = [];
    this.store.forEachCurrent(kinds.configmaps, (key, version) => {
      found.push([key, this.tables.configmaps.revision.get(version)]);
    });
    return found;
  }

  /** The same as the informer has them. */
  cached(): [number, number][] {
    const found: [number, number][] = [];
    this.informer.forEach((key, version) => {
      found.push([key, this.tables.configmaps.revision.get(version)]);
    });
    return found;
  }

  /** Answers to the informer's requests of a verb since the start, by code. */
  codesOf(verb: number): number[] {
    return this.answered.filter((call) => call.verb === verb).map(({ code }) => code);
  }

  private readonly answered: { verb: number; code: number }[] = [];

  /** Writes down the answers that the informer gets. */
  recordAnswers(): void {
    this.clientGo.observe({
      onAnswered: (request, client) => {
        if (client !== this.watching) return;
        this.answered.push({
          verb: this.requests.verb[request] as number,
          code: this.requests.code[request] as number,
        });
      },
    });
  }
}

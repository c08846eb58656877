/** What deploy/ holds fits together: YAML, image names, and every command line by the program's own parser. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { loadScenario } from '../../src/index.ts';
import { files } from '../docs/generated-pages.ts';

const directory = path.join(import.meta.dirname, '../../deploy');
const { version } = JSON.parse(readFileSync(path.join(directory, '../package.json'), 'utf8')) as { version: string };

/** As much of an object as the tests look at. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: objects of a dozen kinds
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: objects of a dozen kinds
  readonly [key: string]: any;
}

function read(...name: string[]): string {
  return readFileSync(path.join(directory, ...name), 'utf8');
}

function documents(...name: string[]): Manifest[] {
  return parseAllDocuments(read(...name)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

/** The command that the program takes a command line for; it throws where it takes it for none. */
function commandOf(args: readonly string[]): string | undefined {
  let taken: string | undefined;
  const program = createProgram(() => {});
  for (const command of program.commands)
    command.action(() => {
      taken = command.name();
    });
  program.parse([...args], { from: 'user' });
  return taken;
}

const compose = parseAllDocuments(read('compose.yaml'))[0]!.toJS() as {
  services: Record<string, { image: string; command: string[]; depends_on?: string[] }>;
};
const kustomization = documents('kubernetes', 'kustomization.yaml')[0]!;
const manifests = (kustomization.resources as string[]).flatMap((name) => documents('kubernetes', name));
const containers = manifests.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);

function named(kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  expect(found, `${kind} ${name}`).toBeDefined();
  return found!;
}

describe('command lines', () => {
  it('of compose are taken by the program for what they are', () => {
    const { worker, coordinator } = compose.services;
    expect(commandOf(worker!.command)).toBe('worker');
    expect(commandOf(coordinator!.command)).toBe('sweep');
  });

  it('of Kubernetes are taken by the program for what they are', () => {
    const ours = containers.filter(({ image }) => image === 'plimsoll');
    expect(ours.map(({ args }) => commandOf(args))).toEqual(['worker', 'sweep']);
  });

  it('of the documentation are taken by the program for what they are', () => {
    const page = read('..', 'docs', 'distributed.md');
    const lines = [...page.matchAll(/^(?:\w+=\S+ )?plimsoll (.+?)(?: &)?$/gm)].map(([, line]) => line!.split(' '));
    expect(lines.length).toBeGreaterThan(3);
    for (const args of lines) expect(['worker', 'sweep', 'compare', 'run']).toContain(commandOf(args));
  });

  it('that are wrong would be found by these tests', () => {
    expect(() => commandOf(['worker', '--queue', 'redis://redis:6379', '--thread', '4'])).toThrow(
      "unknown option '--thread'",
    );
    expect(() => commandOf(['worker', '--queue', 'redis:6379'])).toThrow('cannot be understood');
  });
});

describe('images', () => {
  it('of the program are of this version everywhere', () => {
    for (const service of ['worker', 'coordinator'])
      expect(compose.services[service]!.image).toBe(`plimsoll:${version}`);
    expect(kustomization.images).toEqual([{ name: 'plimsoll', newTag: version }]);
    expect(read('Dockerfile')).toContain(`-t plimsoll:${version} .`);
  });

  it('of others are named with a version, the same in both', () => {
    const others = [...containers.map(({ image }) => image), compose.services.redis!.image].filter(
      (image) => !/^plimsoll\b/.test(image),
    );
    for (const image of others) expect(image).toMatch(/^[\w./-]+:v?\d[\w.-]*$/);
    expect(new Set(others.filter((image) => image.startsWith('redis:'))).size).toBe(1);
  });

  it('are built from what the project has, with the Node that it needs', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY --from=build \/plimsoll\/(\S+)/gm)].map(([, name]) => name!);
    const root = readdirSync(path.join(directory, '..'));
    for (const name of copied) expect(root).toContain(name);
    expect(read('Dockerfile').match(/^FROM node:20/gm)).toHaveLength(2);
  });
});

describe('the manifests of Kubernetes', () => {
  it('lead each to what the others are', () => {
    expect(named('HorizontalPodAutoscaler', 'plimsoll-worker').spec.scaleTargetRef).toMatchObject({
      kind: 'Deployment',
      name: named('Deployment', 'plimsoll-worker').metadata.name,
    });
    const { spec } = named('Service', 'plimsoll-redis');
    expect(named('Deployment', 'plimsoll-redis').spec.template.metadata.labels).toMatchObject(spec.selector);
    const queues = containers.flatMap(({ args = [] }) => args.filter((word: string) => word.startsWith('redis://')));
    expect(new Set(queues)).toEqual(new Set([`redis://plimsoll-redis:${spec.ports[0].port}`]));
    const { volumes } = named('Job', 'plimsoll-sweep').spec.template.spec;
    named('PersistentVolumeClaim', volumes[1].persistentVolumeClaim.claimName);
    expect(kustomization.configMapGenerator[0].name).toBe(volumes[0].configMap.name);
  });

  it('count the lists in which tasks are', () => {
    const exporter = containers.find(({ name }) => name === 'exporter');
    expect(exporter.args[0]).toBe(
      '--check-single-keys=plimsoll:tasks:wait,plimsoll:tasks:prioritized,plimsoll:tasks:active',
    );
    const { metric } = named('HorizontalPodAutoscaler', 'plimsoll-worker').spec.metrics[0].external;
    expect(read('..', 'docs', 'distributed.md')).toContain(metric.name);
  });

  it('leave a worker the time that it takes to end, and the memory that it may hold', () => {
    const {
      terminationGracePeriodSeconds,
      containers: [worker],
    } = named('Deployment', 'plimsoll-worker').spec.template.spec;
    const argumentOf = (option: string) => worker.args[worker.args.indexOf(option) + 1];
    expect(argumentOf('--grace')).toBe('10m');
    expect(terminationGracePeriodSeconds).toBeGreaterThan(600);
    expect(Number.parseInt(argumentOf('--memory'), 10)).toBeLessThan(
      Number.parseInt(worker.resources.limits.memory, 10),
    );
  });

  it('have a scenario that can be swept', () => {
    const scenario = loadScenario(files, path.join(directory, 'kubernetes', 'sweep.yaml'));
    expect(Object.keys(scenario.experiment.vary).length).toBeGreaterThan(0);
  });
});

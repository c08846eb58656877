/** Runs the built program as a user does: in a directory of its own, with pipes for stdout and stderr. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What a program left. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory that holds one small scenario, `small.yaml`, until it is removed. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));

  constructor() {
    this.write('small.yaml', smallScenario);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Runs the program to its end. */
  async run(...args: string[]): Promise<Outcome> {
    return await this.start(args).outcome;
  }

  /** Starts the program. */
  start(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      texts.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      texts.stderr += text;
    });
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...texts }));
    });
    return { child, outcome };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Ten pods on five nodes. */
const smallScenario = `# Do ten pods start within five minutes?
apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: { name: small }
spec:
  replications: 2
  until: 5m
  params: { nodes: 5, replicas: 10 }
  operations:
    - createNodes: { count: $nodes, allocatable: { cpu: "4", memory: 16Gi, pods: 110 }, preload: true }
    - createDeployment: { name: web, replicas: $replicas, requests: { cpu: 100m }, measure: true }
    - barrier: { podsReady: all, within: 4m }
  objectives:
    - { metric: pod_startup_latency_seconds, labels: { phase: total }, statistic: p99, below: 4m }
`;

/** What a callApi may not say: keys that contradict each other, or that its verb has no use for. */
import { type ErrorCode, PlimsollError } from '../../errors/index.ts';
import type { LoadVerb } from './call-api.ts';
import { plainResources } from './create-objects.ts';
import type { OperationContext } from './operation-context.ts';

/** What of a callApi is looked at. */
interface WrittenCall {
  readonly verb: LoadVerb;
  readonly resource: string;
  readonly clients?: number | undefined;
  readonly think?: unknown;
  readonly rate?: unknown;
  readonly arrivals?: string | { readonly kind: string } | undefined;
  readonly until?: unknown;
  readonly for?: unknown;
  readonly count?: unknown;
  readonly background?: boolean | undefined;
  readonly retry?: unknown;
  readonly modify?: unknown;
  readonly limit?: unknown;
  readonly labelShare?: unknown;
  readonly ofOneNode?: unknown;
  readonly fromCache?: unknown;
  readonly size?: unknown;
}

/** Verbs that have a use for a key; all others have none. */
const usedBy: Readonly<Partial<Record<keyof WrittenCall, readonly LoadVerb[]>>> = {
  retry: ['getModifyPut'],
  modify: ['getModifyPut'],
  limit: ['list'],
  labelShare: ['list'],
  ofOneNode: ['list'],
  fromCache: ['get', 'list'],
  size: ['create', 'update', 'patch', 'getModifyPut'],
};

/** Arrivals that an open loop can have: those that do not depend on how many are under way or yet to come. */
const OPEN_ARRIVALS: ReadonlySet<string> = new Set(['constant', 'randomized', 'poisson', 'stepped', 'global-qps']);

/** Reports what is wrong with a callApi. */
export function checkCall(written: WrittenCall, context: OperationContext): void {
  const refuse = (code: ErrorCode, key: string, message: string, expected: string, fix: string) =>
    context.errors.push(new PlimsollError(code, { ...context.place([key]), message, expected, fix }));
  checkPace(written, refuse);
  checkEnd(written, refuse);
  for (const [key, verbs] of Object.entries(usedBy)) {
    if (written[key as keyof WrittenCall] === undefined || verbs.includes(written.verb)) continue;
    refuse('P209', key, `${key} means nothing to ${written.verb}`, `${key} with ${verbs.join(', ')}`, `remove ${key}`);
  }
  if (written.ofOneNode === true && written.resource !== 'pods') {
    refuse('P209', 'ofOneNode', `${written.resource} are on no node`, 'ofOneNode with pods', 'remove ofOneNode');
  }
  const writable = plainResources.filter((name) => written.verb === 'create' || name !== 'events');
  const isWrite = ['create', 'update', 'patch', 'getModifyPut'].includes(written.verb);
  // Names of custom resources have a dot; whether they exist is checked with the other names.
  if (isWrite && !written.resource.includes('.') && !writable.includes(written.resource)) {
    const message = `loads cannot ${written.verb} ${written.resource}`;
    const expected = `${writable.join(', ')}, or a custom resource`;
    refuse('P209', 'resource', message, expected, `write one of ${writable.join(', ')}`);
  }
}

type Refuse = (code: ErrorCode, key: string, message: string, expected: string, fix: string) => void;

function checkPace(written: WrittenCall, refuse: Refuse): void {
  const expected = 'clients (a closed loop), or rate or arrivals (an open one)';
  const isOpen = written.rate !== undefined || written.arrivals !== undefined;
  if (written.clients === undefined && !isOpen) {
    refuse('P205', 'clients', 'callApi has no pace', expected, 'add clients: 10, or rate: 10/s');
  }
  if (written.clients !== undefined && isOpen) {
    refuse('P209', 'clients', 'callApi has both clients and a rate', expected, 'remove one of them');
  }
  if (written.clients === undefined && written.think !== undefined) {
    refuse('P209', 'think', 'think belongs to clients of a closed loop', expected, 'remove think, or add clients: 10');
  }
  const kind = typeof written.arrivals === 'string' ? written.arrivals : written.arrivals?.kind;
  if (kind !== undefined && !OPEN_ARRIVALS.has(kind)) {
    const words = [...OPEN_ARRIVALS].join(', ');
    refuse('P209', 'arrivals', `arrivals ${kind} pace no load`, words, 'for a closed loop, write clients: 10');
  }
  if (written.verb === 'recordEvent' && written.clients !== undefined) {
    const message = 'recording an event does not wait for anything, so that a closed loop has no pace';
    refuse('P209', 'clients', message, 'rate or arrivals', 'write rate: 10/s');
  }
}

function checkEnd(written: WrittenCall, refuse: Refuse): void {
  if (written.until !== undefined && written.for !== undefined) {
    const expected = 'until (an instant) or for (a span)';
    refuse('P209', 'for', 'callApi has both until and for', expected, 'remove one of them');
  }
  const ends = written.until !== undefined || written.for !== undefined || written.count !== undefined;
  if (!ends && written.background !== true) {
    const expected = 'for, until or count; or background: true';
    refuse('P205', 'for', 'callApi never ends, and what comes after it waits for it', expected, 'add for: 1m');
  }
}

/** queryDns: pods that resolve names, at a rate or in a closed loop, through the cluster's name server (the add-on coredns). */
import { z } from 'zod';
import { DnsForm } from '../../components/addons/index.ts';
import { type ErrorCode, PlimsollError } from '../../errors/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { strictMap } from '../schema-parts.ts';
import {
  choiceSchema,
  durationSchema,
  nameSchema,
  positiveDurationSchema,
  rateSchema,
  shareSchema,
  wholeNumberSchema,
} from '../value-forms.ts';
import { operationKind } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** A load of name resolutions, resolved. */
export interface QueryDns {
  readonly kind: 'queryDns';
  /** Label of its metrics, and name under which `stop` finds it. */
  readonly name: string;
  /** Services whose names are resolved, in equal shares. */
  readonly services: Selection;
  /** A value of {@link DnsForm}. */
  readonly form: number;
  readonly externalShare: number;
  readonly externalNames: number;
  readonly searchSuffixes: number;
  /** 1 = A, 2 = A and AAAA. */
  readonly families: number;
  readonly pace:
    | { readonly loop: 'open'; readonly rate: number; readonly isPoisson: boolean }
    | { readonly loop: 'closed'; readonly callers: number };
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Span after which it ends; undefined = it does not end by itself. */
  readonly for?: Nanoseconds;
  /** Whether the next operation starts at once. */
  readonly background: boolean;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** Most callers, and names outside. */
const MOST_CALLERS = 100_000;
const MOST_NAMES = 1_000_000;
/** Suffixes of a search list: namespace, svc, cluster, and the domain of the node. */
const DEFAULT_SUFFIXES = 4;
/** Most suffixes; glibc before 2.26 took six, later ones any number. */
const MOST_SUFFIXES = 31;
/** Names outside where nothing is said. */
const DEFAULT_NAMES = 100;

const forms = { service: DnsForm.Service, namespaced: DnsForm.WithNamespace, absolute: DnsForm.Full } as const;
const formNames = Object.keys(forms) as [keyof typeof forms, ...(keyof typeof forms)[]];

export const queryDns = operationKind({
  help: 'Pods resolve names of Services and of the world outside through CoreDNS: at a `rate`, or as `callers` in a closed loop.',
  addon: 'coredns',
  schema: strictMap({
    name: nameSchema.optional(),
    services: selectionNameSchema.optional(),
    form: choiceSchema(formNames).optional(),
    externalShare: shareSchema.optional(),
    externalNames: wholeNumberSchema(1, MOST_NAMES).optional(),
    searchSuffixes: wholeNumberSchema(0, MOST_SUFFIXES).optional(),
    ipv6: z.boolean().optional(),
    rate: rateSchema.optional(),
    arrivals: z.enum(['constant', 'poisson']).optional(),
    callers: wholeNumberSchema(1, MOST_CALLERS).optional(),
    at: durationSchema.optional(),
    for: positiveDurationSchema.optional(),
    background: z.boolean().optional(),
    measure: z.boolean().optional(),
  }),
  resolve: (written, context): QueryDns => {
    checkQueries(written, context);
    return {
      kind: 'queryDns',
      name: written.name ?? 'dns',
      services: resolveSelection(written.services ?? 'all', {}),
      form: forms[written.form ?? 'service'],
      externalShare: written.externalShare ?? 0,
      externalNames: written.externalNames ?? DEFAULT_NAMES,
      searchSuffixes: written.searchSuffixes ?? DEFAULT_SUFFIXES,
      // glibc asks for both kinds of addresses, whatever the cluster has.
      families: (written.ipv6 ?? true) ? 2 : 1,
      pace:
        written.callers === undefined
          ? { loop: 'open', rate: written.rate ?? 1, isPoisson: (written.arrivals ?? 'poisson') === 'poisson' }
          : { loop: 'closed', callers: written.callers },
      ...(written.at === undefined ? {} : { at: written.at }),
      ...(written.for === undefined ? {} : { for: written.for }),
      background: written.background ?? false,
      measure: written.measure ?? false,
    };
  },
});

/** Reports keys that contradict each other, or are missing. */
function checkQueries(
  written: {
    readonly rate?: unknown;
    readonly arrivals?: unknown;
    readonly callers?: unknown;
    readonly for?: unknown;
    readonly background?: boolean | undefined;
  },
  context: OperationContext,
): void {
  const refuse = (code: ErrorCode, key: string, message: string, expected: string, fix: string) =>
    context.errors.push(new PlimsollError(code, { ...context.place([key]), message, expected, fix }));
  const expected = 'rate (resolutions a second) or callers (a closed loop)';
  if (written.rate === undefined && written.callers === undefined)
    refuse('P205', 'rate', 'queryDns has no pace', expected, 'add rate: 1000/s, or callers: 100');
  if (written.rate !== undefined && written.callers !== undefined)
    refuse('P209', 'callers', 'queryDns has both rate and callers', expected, 'remove one of them');
  if (written.arrivals !== undefined && written.callers !== undefined)
    refuse('P209', 'arrivals', 'callers of a closed loop have no arrivals', expected, 'remove arrivals, or callers');
  if (written.for === undefined && written.background !== true)
    refuse(
      'P205',
      'for',
      'queryDns never ends, and what comes after it waits for it',
      'for, or background: true',
      'add for: 1m',
    );
}

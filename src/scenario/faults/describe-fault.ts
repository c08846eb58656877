/** A fault in words, for the timeline of a run: its kind, and what a scenario said about it. */
import { formatDuration } from '../../units/index.ts';
import type { Fault } from './index.ts';
import { describeNodes, type NodeChoice } from './node-choice.ts';

/** Keys whose values are spans. */
const SPANS = new Set(['duration', 'added', 'delay', 'over', 'lifetime', 'behind', 'ahead']);

/** "etcdSlowDisk: member leader, factor 10, duration 1m"; what is at its default or does nothing is not told. */
export function describeFault({ fault, ...details }: Fault): string {
  const told = Object.entries(details)
    .map(([key, value]) => describeDetail(key, value))
    .filter((text) => text !== '');
  return told.length === 0 ? fault : `${fault}: ${told.join(', ')}`;
}

function describeDetail(key: string, value: unknown): string {
  if (value === undefined || value === false || (SPANS.has(key) && value === 0)) return '';
  if (value === null) return `${key} never`;
  if (value === true) return key;
  if (SPANS.has(key)) return `${key} ${formatDuration(value as number)}`;
  if (key === 'nodes') return `${key} ${describeNodes(value as NodeChoice)}`;
  return `${key} ${Array.isArray(value) ? value.join(' and ') : String(value)}`;
}

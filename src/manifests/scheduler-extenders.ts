/** Extenders of a KubeSchedulerConfiguration, with the defaults of upstream (K:pkg/scheduler/extender.go:NewHTTPExtender). */
import type { ExtenderConfiguration } from '../components/kube-scheduler/index.ts';
import { parseDuration, seconds } from '../units/index.ts';
import type { FieldReader } from './field-reader.ts';

/** Timeout of an extender that gives none. */
const DEFAULT_TIMEOUT = seconds(5);

/** Reads one extender. */
export function readExtender(reader: FieldReader): ExtenderConfiguration {
  const resources = reader.maps('managedResources').map((entry) => {
    const resource = { name: entry.requiredText('name'), ignored: entry.flag('ignoredByScheduler', false) };
    entry.finish();
    return resource;
  });
  const timeout = reader.text('httpTimeout');
  const span = timeout === undefined ? DEFAULT_TIMEOUT : parseDuration(timeout);
  if (span === undefined) reader.refuse('httpTimeout', `"${timeout}" is not a duration`, 'a duration, such as 100ms');
  const prioritizes = isGiven(reader, 'prioritizeVerb');
  const weight = reader.wholeNumber('weight', 0);
  if (prioritizes && weight === 0) {
    reader.refuse('weight', 'an extender with a prioritizeVerb needs a weight', 'a whole number of 1 or more');
  }
  const extender = {
    name: reader.requiredText('urlPrefix'),
    filters: isGiven(reader, 'filterVerb'),
    preempts: isGiven(reader, 'preemptVerb'),
    prioritizes,
    binds: isGiven(reader, 'bindVerb'),
    weight,
    timeout: span === undefined || span === 0 ? DEFAULT_TIMEOUT : span,
    nodeCacheCapable: reader.flag('nodeCacheCapable', false),
    ignorable: reader.flag('ignorable', false),
    managedResources: resources.map(({ name }) => name),
    ignoredResources: resources.filter(({ ignored }) => ignored).map(({ name }) => name),
  };
  reader.ignore('enableHTTPS', 'tlsConfig');
  reader.finish();
  return extender;
}

/** Whether a verb is given: only then is the extender asked for it. */
function isGiven(reader: FieldReader, verb: string): boolean {
  return (reader.text(verb) ?? '') !== '';
}

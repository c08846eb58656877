/** CSI drivers of a scenario: each StorageClass that it applies names one, of which a provisioner runs. */
import { type Intent, NO_PROVISIONER } from '../cluster/index.ts';
import type { Operation } from './operations/index.ts';

/** Names of the drivers, in the order in which classes name them. */
export function csiDriversOf(operations: readonly Operation[]): readonly string[] {
  const intents = operations.flatMap((operation): readonly Intent[] =>
    'intents' in operation ? operation.intents : [],
  );
  const provisioners = intents.flatMap((intent) =>
    intent.kind === 'StorageClass' ? [intent.specification.provisioner] : [],
  );
  return [...new Set(provisioners)].filter((provisioner) => provisioner !== NO_PROVISIONER);
}

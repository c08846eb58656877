/** Requirements on labels, and the alternatives of a node selector. */
import type { LabelRequirement, LabelSelector, NodeSelectorTerm } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';

/** Reads one alternative of a node selector. */
export function readTerm(reader: FieldReader): NodeSelectorTerm {
  const term = {
    matchExpressions: readRequirements(reader, 'matchExpressions'),
    matchFields: readRequirements(reader, 'matchFields'),
  };
  reader.finish();
  return term;
}

/** Reads a list of label requirements. */
export function readRequirements(reader: FieldReader, key: string): LabelSelector {
  return reader.maps(key).map((entry): LabelRequirement => {
    const operator = entry.oneOf('operator', ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'], 'In');
    const requirement = { key: entry.requiredText('key'), operator, values: entry.texts('values') };
    const needsValues = operator !== 'Exists' && operator !== 'DoesNotExist';
    if (needsValues !== requirement.values.length > 0) {
      entry.refuse(
        'values',
        needsValues ? `${operator} needs values` : `${operator} takes no values`,
        needsValues ? 'a list of texts' : 'no values',
      );
    }
    entry.finish();
    return requirement;
  });
}

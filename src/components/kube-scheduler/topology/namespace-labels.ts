/** Labels of namespaces as the scheduler's informer shows them. */
import type { Labels } from '../../../cluster/index.ts';

/** Label with its own name that every namespace has (apimachinery/pkg/apis/meta/v1: LabelMetadataName). */
const LABEL_NAME = 'kubernetes.io/metadata.name';

/** Labels by namespace. Namespaces that exist without an object of their own have no label but their name. */
export class NamespaceLabels {
  private readonly labels = new Map<string, Labels>();

  /** Labels of a namespace. */
  of(namespace: string): Labels {
    let labels = this.labels.get(namespace);
    if (labels === undefined) {
      labels = { [LABEL_NAME]: namespace };
      this.labels.set(namespace, labels);
    }
    return labels;
  }

  /** Takes over the labels that a namespace was given; undefined = it is gone. Returns whether they differ from what was known. */
  set(namespace: string, given: Labels | undefined): boolean {
    const labels = { ...given, [LABEL_NAME]: namespace };
    const changed = JSON.stringify(labels) !== JSON.stringify(this.of(namespace));
    this.labels.set(namespace, labels);
    return changed;
  }
}
